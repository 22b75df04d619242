# European Union: data protection in public places, with the dates of the AI Act auf Deutsch: eigene Worte, kein Rechtsrat.

eu-01 = Niemand willigt in eine Kamera ein, indem er vorbeigeht: Es braucht eine andere Rechtsgrundlage.
    .title = Einwilligung trägt keine Kamera

eu-02 = Was Menschen im öffentlichen Raum beobachtet, hat vor der Genehmigung eine eigene unabhängige Datenschutz-Folgenabschätzung; die einer Klasse genügt nicht.
    .title = Eigene Abschätzung

eu-03 = Der Rat der oder des Datenschutzbeauftragten wird eingeholt und abgelegt, bevor Daten über Menschen genehmigt werden.
    .title = Rat der Datenschutzbeauftragten

eu-04 = Wo ein hohes Risiko bleibt, ist die Konsultation der Behörde beendet, bevor etwas genehmigt wird.
    .title = Vorherige Konsultation ist beendet

eu-05 = Was Kameras von Menschen sahen, wird länger als { $unreasoned-retention } nur aufbewahrt, wenn Gründe abgelegt sind.
    .title = Gründe für längeres Speichern

eu-06 = Ein Schild sagt das Wichtigste, bevor man eintritt, und führt zum Übrigen, das leicht zu erreichen ist.
    .title = Hinweis in zwei Stufen

eu-07 = Jede Verarbeitung von Daten über Menschen steht mit Zwecken, Empfängern und Löschfristen im Verzeichnis.
    .title = Verzeichnis der Verarbeitungen

eu-08 = Es ist aufgeschrieben, wer ein Pseudonym auflösen kann und wer nicht.
    .title = Pseudonyme haben einen benannten Bereich

eu-09 = Wer Auskunft will, widerspricht oder Löschung verlangt, erhält binnen eines Monats Antwort; das kann einmal um zwei Monate verlängert werden.
    .title = Rechte werden binnen eines Monats beantwortet

eu-10 = Eine Verletzung des Schutzes von Daten über Menschen wird der Behörde binnen 72 Stunden gemeldet.
    .title = Die Behörde erfährt von einer Verletzung

eu-11 = Daten über Menschen an die Polizei zu geben ist ein neuer Zweck und ruht auf einer eigenen abgelegten Grundlage.
    .title = Die Polizei braucht eine eigene Grundlage

eu-12 = Menschen werden im öffentlichen Raum nicht an ihrem Körper erkannt, außer für die drei Ziele, die das Gesetz nennt, und mit einer Genehmigung für diesen Einsatz.
    .title = Niemand wird aus der Ferne erkannt

eu-13 = Wer ein Hochrisiko-System betreibt, bewahrt dessen Protokolle mindestens { $log-retention } auf.
    .title = Protokolle bleiben ein halbes Jahr

eu-14 = Eine öffentliche Stelle nutzt ein Hochrisiko-System erst nach einem eigenen Eintrag in der europäischen Datenbank.
    .title = Ein Eintrag in der europäischen Datenbank

eu-15 = Bevor ein Hochrisiko-System zum ersten Mal genutzt wird, wird seine Wirkung auf Grundrechte abgeschätzt.
    .title = Eine Abschätzung der Grundrechte

eu-16 = Jemanden auf Aufnahmen zu erkennen wird vorher oder binnen 48 Stunden genehmigt und endet, wo die Genehmigung ausbleibt.
    .title = Nachträgliche Erkennung wird binnen zwei Tagen genehmigt

eu-17 = Eine Verletzung wird binnen 96 Stunden gemeldet, und nur bei hohem Risiko.
    .title = Vier Tage für die Meldung einer Verletzung

eu-18 = Eine gehashte und gekürzte Geräteadresse gilt als personenbezogen, wer immer sie hat.
    .title = Ein gekürzter Hash als personenbezogen

eu-19 = Eine Stadt verlangt von Unternehmen personenbezogene Daten nur im Notfall und sonst nur nicht personenbezogene, wenn andere Mittel erschöpft sind.
    .title = Daten von Unternehmen nur in Ausnahmefällen
