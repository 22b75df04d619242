# Der globale Kern auf Deutsch: eigene Worte, nicht der Text der Allianz, kein Rechtsrat.

pack = Globaler Kern für Daten an öffentlichen Orten
notice = In eigenen Worten, nach den Quellen, die jede Anforderung nennt. Grundsätze und Regelwerke tragen die Namen aus dem Fahrplan der Allianz von 2020; der Text ist nicht der der Allianz. Zur Veranschaulichung, keine Rechtsberatung.

principle-transparency-privacy = Transparenz und Privatsphäre
principle-security-resiliency = Sicherheit und Widerstandskraft
principle-interoperability-openness = Austauschbarkeit und Offenheit
principle-sustainability = Tragfähigkeit in Betrieb und Finanzen
principle-equity-inclusion = Gerechtigkeit, Teilhabe und Wirkung auf die Gesellschaft

policy-ict-accessibility = Barrierefreie Informationstechnik
policy-privacy-impact-assessment = Datenschutz-Folgenabschätzung
policy-cyber-accountability = Verantwortung für die Sicherheit
policy-dig-once = Nur einmal graben
policy-open-data = Offene Daten
policy-data-structure = Aufbau der Daten
policy-agile-business-case = Schrittweise Begründung von Vorhaben
policy-partnership-models = Formen der Partnerschaft
policy-institutional-structure = Aufbau der Verwaltung
policy-data-sharing-in-procurement = Daten in der Beschaffung
policy-data-control-and-ownership = Verfügung über Daten
policy-device-and-data-registries = Register der Geräte und Daten
policy-minimum-iot-standards = Mindestanforderungen an vernetzte Geräte
policy-resilience-strategy = Vorsorge für Ausfälle
policy-social-impact-assessment = Prüfung der sozialen Folgen
policy-community-engagement = Beteiligung der Menschen vor Ort

core-01 = Ein Vorhaben, das Menschen beobachtet, wird erst genehmigt, nachdem eine Stelle die Prüfung unterschrieben hat, die es weder vorgeschlagen hat noch verantwortet.
    .title = Unabhängige Prüfung

core-02 = Wer ein Vorhaben, das Menschen beobachtet, vorgeschlagen hat oder verantwortet, kann es nicht genehmigen.
    .title = Unabhängige Genehmigung

core-03 = Wer ein Vorhaben, das Menschen beobachtet, vorgeschlagen hat oder verantwortet, kann seine Prüfung nicht unterschreiben.
    .title = Unabhängige Prüfende

core-04 = Eine Genehmigung gilt höchstens { $approval-validity }.
    .title = Genehmigungen enden

core-05 = Eine Genehmigung endet in der Zukunft und nicht nach dem Enddatum des Vorhabens.
    .title = Genehmigungen enden mit dem Vorhaben

core-06 = Bleibt nach der Prüfung ein hohes Risiko, so wird eine Behörde gefragt, bevor etwas genehmigt wird.
    .title = Hohes Risiko geht an eine Behörde

core-07 = Was die Prüfung für unannehmbar hielt, wird nicht genehmigt.
    .title = Unannehmbar heißt nein

core-08 = Nur ein Vorhaben mit geltender Genehmigung wird veröffentlicht.
    .title = Veröffentlicht, wenn genehmigt

core-09 = Nur ein veröffentlichtes Vorhaben mit geltender Genehmigung darf, vor seinem Enddatum, mit dem Erfassen beginnen.
    .title = Beginnt, wenn öffentlich und genehmigt

core-10 = Ein Vorhaben hat ein Enddatum; es dauert höchstens { $lifetime }.
    .title = Ein Enddatum

core-11 = Daten über Menschen werden nur auf einer Rechtsgrundlage erfasst.
    .title = Eine Rechtsgrundlage

core-12 = Wo Daten von Menschen handeln, können die Menschen vor Ort eine Datenschutzerklärung lesen.
    .title = Eine Datenschutzerklärung

core-13 = Bilder von Gesichtern werden an öffentlichen Orten nicht erfasst.
    .title = Keine Gesichter

core-14 = Kein Datenstrom behält die Kennung eines Menschen, Geräts oder Fahrzeugs so, wie sie kam.
    .title = Keine Kennung im Original

core-15 = Der Schlüssel eines Pseudonyms lebt höchstens { $identifier-epoch }.
    .title = Schlüssel von Pseudonymen sterben

core-16 = Behandelte Daten über Menschen werden höchstens { $retention-personal } aufbewahrt.
    .title = Kurz aufbewahrt

core-17 = Nur ein Vorhaben, das läuft, genehmigt ist und in seinem Zeitraum liegt, erfasst etwas.
    .title = In Kraft oder still

core-18 = Kennungen werden nur auf eine namentliche, geltende Anordnung hin mit einer Liste verglichen.
    .title = Verglichen nur auf Anordnung

core-19 = Nichts über Menschen wird vor einer unabhängigen Prüfung erfasst.
    .title = Erst prüfen, dann erfassen

core-20 = Eine Ansicht sagt nur auf eine namentliche Anordnung hin, wer da war, und nur solange die Anordnung gilt.
    .title = Wer da war

core-21 = Eine Zahl über Menschen steht für mindestens { $minimum-count ->
        [one] einen von ihnen
       *[other] { $minimum-count } von ihnen
    }.
    .title = Mindestzahl

core-22 = Zahlen über Menschen gelten für { $bin } oder länger.
    .title = Zeitfenster

core-23 = Zellen, in denen Menschen gezählt werden, sind nicht feiner als die H3-Auflösung { $cell-resolution }.
    .title = Raumzellen

core-24 = Einzelne Datensätze über Menschen werden nur auf eine namentliche Anordnung hin gezeigt, und nur solange die Anordnung gilt.
    .title = Keine einzelnen Datensätze

core-25 = Alle dürfen nur haben, was von niemandem erzählt, oder Zahlen, die für mindestens { $open-minimum ->
        [one] einen Menschen
       *[other] { $open-minimum } Menschen
    } stehen.
    .title = Was alle haben dürfen

core-26 = Daten über Menschen an öffentlichen Orten werden nie weitergegeben für: { $forbidden-purposes }.
    .title = Nie zum Verkauf

core-27 = Daten werden nur für einen Zweck weitergegeben, den das Vorhaben erklärt hat.
    .title = Nur für einen erklärten Zweck

core-28 = Die Polizei hat Daten über Menschen nur auf eine geltende Anordnung hin.
    .title = Polizei nur auf Anordnung

core-29 = Die Polizei hat versprochen, dass ein Mensch jeden Treffer prüft, bevor etwas daraus folgt.
    .title = Ein Mensch prüft jeden Treffer

core-30 = Wer Daten hat, die von Menschen stammen, hat versprochen, niemanden herauszugreifen; für die Öffentlichkeit gilt das nicht.
    .title = Niemand wird herausgegriffen

core-31 = Eine Vereinbarung über Daten endet in der Zukunft und nicht nach dem Vorhaben, aus dem sie schöpft.
    .title = Vereinbarungen enden mit ihrer Quelle

core-32 = Daten werden nur aufgrund einer geltenden Vereinbarung weitergegeben.
    .title = Nur mit Vereinbarung

core-33 = Daten werden nur für den Zweck weitergegeben, der vereinbart wurde.
    .title = Nur für den vereinbarten Zweck

core-34 = Was sagt, wer vor längerer Zeit da war, braucht die Erlaubnis einer leitenden Amtsperson; die Grenze des Alters ist { $senior-after }.
    .title = Älter heißt schwerer

core-35 = Aus einem Vorhaben, das nicht läuft, geht nichts über Menschen hinaus.
    .title = Angehalten heißt angehalten

core-36 = Den Schlüssel, mit dem eine Stelle oder ein Gerät handelt, gibt nur die Stelle selbst aus oder die Stadt; für ein Gerät auch, wer für sein Vorhaben einsteht.
    .title = Wer einen Schlüssel trägt

core-37 = Nur die Stadt selbst trägt eine Amtsperson ein.
    .title = Wer eine Amtsperson einträgt

core-38 = Nur die Stadt selbst oder eine Amtsperson setzt Regeln in Kraft.
    .title = Wer die Regeln ändert

core-39 = Der Hinweis auf ein Vorhaben, das Menschen beobachtet, ist in einfachen Worten und in den Sprachen verfasst, die die Menschen dort lesen.
    .title = Verständliche Hinweise

core-40 = Die Stadt erklärt, wie barrierefrei die Seiten ihres öffentlichen Registers sind.
    .title = Barrierefreies Register

core-41 = Ein Vorhaben der vollen Stufe wird erst nach einer Datenschutz-Folgenabschätzung genehmigt, die eine andere Stelle unterschrieben hat.
    .title = Datenschutz-Folgenabschätzung der vollen Stufe

core-42 = Bevor ein Vorhaben, das Menschen betrifft, genehmigt wird, ist seine Vorprüfung unterschrieben, und jede Prüfung, die sie verlangt.
    .title = Was die Vorprüfung verlangt

core-43 = Ein Vorhaben der vollen Stufe wird erst genehmigt, wenn die oder der Datenschutzbeauftragte die Prüfung abgezeichnet hat.
    .title = Datenschutzbeauftragte unterschreiben

core-44 = Die Prüfung eines Vorhabens, das Menschen beobachtet, wird nach der Genehmigung alle zwei Jahre wieder angesehen.
    .title = Prüfungen werden wieder angesehen

core-45 = Alle können das Ergebnis jeder Prüfung in einfachen Worten lesen.
    .title = Ergebnisse sind öffentlich

core-46 = Ein Vorhaben, das seine Daten, seinen Zweck, seinen Ort oder seine Art ändert, wird neu vorgeschlagen, geprüft und genehmigt.
    .title = Eine Änderung ist ein neuer Vorschlag

core-47 = Die Stadt benennt eine Person, die für die Sicherheit ihrer Informationstechnik einsteht.
    .title = Jemand steht für die Sicherheit ein

core-48 = Die Leitung der Stadt sieht den Sicherheitsplan jedes Jahr durch.
    .title = Der Sicherheitsplan wird durchgesehen

core-49 = Ein Vorhaben der vollen Stufe beginnt erst, nachdem eine andere Stelle seine Sicherheit getestet hat.
    .title = Von anderen getestet

core-50 = Eine Verletzung der Sicherheit wird der Behörde und den Betroffenen innerhalb von 72 Stunden gemeldet.
    .title = Vorfälle werden gemeldet

core-51 = Jedes Mal, wenn Daten hinausgehen, wird vorher festgehalten, wer sie für welchen Zweck und nach welcher Vereinbarung bekam.
    .title = Jede Weitergabe wird festgehalten

core-52 = Die Stadt hat eine Regel, nach der Leerrohre verlegt werden, sobald eine Straße geöffnet wird.
    .title = Regel, nur einmal zu graben

core-53 = Wer einen Platz in einer Straße angeboten bekam, die geöffnet werden soll, antwortet innerhalb von 30 Tagen; danach gehen die Arbeiten ohne diese Stelle weiter.
    .title = Plätze in einer offenen Straße

core-54 = Zahlen über Menschen sind für alle erst verzögert offen; die Verzögerung beträgt mindestens { $open-delay }.
    .title = Offene Zahlen kommen später

core-55 = Daten, die alle haben dürfen, tragen eine Lizenz, die sagt, was man mit ihnen tun darf.
    .title = Eine Lizenz für offene Daten

core-56 = Offene Daten stehen in einem Katalog, dessen Einträge einem öffentlichen Profil entsprechen.
    .title = Offene Daten sind auffindbar

core-57 = Die Stadt prüft ihre wichtigsten offenen Daten jedes Jahr: Sind sie verfügbar, gut, austauschbar und leicht zu finden?
    .title = Offene Daten werden geprüft

core-58 = Was von niemandem erzählt und niemandem schadet, ist für alle offen, ohne dass sie fragen müssen.
    .title = Offen als Regel

core-59 = Ein Vorhaben nennt jede Art von Daten, die es erfasst.
    .title = Ein Vorhaben nennt seine Daten

core-60 = Ein Vorhaben nennt mindestens einen bestimmten Zweck.
    .title = Ein Vorhaben nennt seine Zwecke

core-61 = Jede Stelle, jeder Ort, jedes Vorhaben, Gerät, jeder Datenstrom, jede Ansicht und jede Vereinbarung hat eine Kennung, die bleibt und nachgeschlagen werden kann.
    .title = Eine Kennung für jedes Ding

core-62 = Daten, von denen nicht feststeht, dass sie von niemandem erzählen, gelten als Daten über Menschen.
    .title = Unbekannt gilt als persönlich

core-63 = Ein Vorhaben der vollen Stufe wird erst genehmigt, nachdem eine andere Stelle festgestellt hat, dass sein Nutzen die Last überwiegt, dass nichts Milderes genügt, dass Rechte gewahrt sind und dass keine Gruppe mehr davon trägt.
    .title = Ist es das wert?

core-64 = Die Genehmigung eines Vorhabens der vollen Stufe gilt höchstens { $full-approval-validity }.
    .title = Kürzere Genehmigungen für die volle Stufe

core-65 = Was ein Vorhaben, das Menschen beobachtet, kostet und wer es bezahlt, ist öffentlich angegeben.
    .title = Kosten sind öffentlich

core-66 = Ob ein Vorhaben der vollen Stufe noch nötig ist, wird jedes Jahr wieder geprüft.
    .title = Noch nötig?

core-67 = Ein Vorschlag, der nicht innerhalb von sechs Monaten genehmigt wird, ist abgelehnt; die Frist kann einmal um 60 Tage verlängert werden.
    .title = Über Vorschläge wird entschieden

core-68 = Für jedes Vorhaben steht eine öffentliche Stelle ein; betreiben darf es auch ein Partner.
    .title = Eine öffentliche Stelle steht ein

core-69 = Firmen, Lieferanten und Forschende, die Daten haben, die von Menschen stammen, haben versprochen, sie nicht weiterzugeben.
    .title = Nicht weitergegeben

core-70 = Wer Daten hat, die von Menschen stammen, hat versprochen, sie am Ende der Vereinbarung zu löschen; für die Öffentlichkeit gilt das nicht.
    .title = Am Ende gelöscht

core-71 = Eine Vereinbarung über Daten von Menschen gilt höchstens { $grant-validity }.
    .title = Vereinbarungen enden

core-72 = Eine Stadt, die Menschen beobachtet, hat eine oder einen Datenschutzbeauftragten.
    .title = Datenschutzbeauftragte

core-73 = Eine Stadt, die Menschen beobachtet, hat ein Gremium aus der Bevölkerung und Fachleuten, das sich ansieht, was sie tut.
    .title = Ein Gremium, das hinsieht

core-74 = Zu einem Vorhaben, das Menschen beobachtet, gehört ein Bericht darüber, wie barrierefrei das Gekaufte ist, oder eine Ausnahme, die eine andere Stelle unterschrieben hat.
    .title = Barrierefreie Beschaffung

core-75 = Eine ganze Klasse von Vorhaben genehmigt eine Amtsperson oder die Stadt selbst.
    .title = Wer eine Klasse genehmigt

core-76 = Wofür eine andere Stelle bürgen muss, das reicht nicht die Stelle ein, die dafür einsteht.
    .title = Wer bürgen darf

core-77 = Der Vertrag hinter einem Vorhaben, das Menschen beobachtet, gibt der Stadt ihre Daten in offenen Formaten und lässt den Lieferanten sie am Ende löschen; oder es steht fest, dass es keinen Lieferanten gibt.
    .title = Der Vertrag spricht von Daten

core-78 = Ein Lieferant hat Daten über Menschen nur, um zu tun, wofür er beauftragt ist.
    .title = Was ein Lieferant darf

core-79 = Die Stadt verlangt von Firmen Daten, die diese haben, nur in außergewöhnlicher Not, sagt wofür und bis wann, und verlangt außerhalb von Notlagen nichts über Menschen.
    .title = Daten von Firmen verlangen

core-80 = Was sagt, wer vor längerer Zeit da war, bekommt ab einem gewissen Alter niemand mehr; die Grenze ist { $access-limit }.
    .title = Zu alt für alle

core-81 = Ein Vorhaben steht { $notice-days ->
        [0] spätestens am Tag seines Beginns
        [one] mindestens einen Tag vor seinem Beginn
       *[other] mindestens { $notice-days } Tage vor seinem Beginn
    } im Register.
    .title = Eingetragen, bevor es beginnt

core-82 = Ein Vorhaben, das sich bewegt, gibt das Gebiet an, in dem es sich bewegt.
    .title = Wo es sich bewegt

core-83 = Ein Gerät steht innerhalb des Ortes, den sein Vorhaben angegeben hat.
    .title = Geräte, wo sie stehen sollen

core-84 = Ein Vorhaben, das Menschen beobachtet, beginnt erst zu erfassen, wenn Schilder vor Ort stehen.
    .title = Ein Schild vor Ort

core-85 = Was ein Schild sagt und welche Farbe es hat, folgt aus dem, was gilt, und nicht aus dem, was jemand getippt hat.
    .title = Schilder sagen, was läuft

core-86 = Die Stadt gleicht ihre Geräte alle sechs Monate mit dem Register ab.
    .title = Die Bestandsliste wird geprüft

core-87 = Ein Gerät hat ein eigenes Passwort oder einen eigenen Schlüssel und keinen, den andere seiner Art auch haben.
    .title = Keine Standardpasswörter

core-88 = Für jedes Gerät gibt der Hersteller öffentlich an, wem man eine Schwachstelle meldet.
    .title = Wem man eine Schwachstelle meldet

core-89 = Ein Gerät liegt in der Zeit, für die sein Hersteller Reparaturen versprochen hat, und diese Zeit ist bekannt.
    .title = Geräte, die noch repariert werden

core-90 = Ein Kennzeichenleser beginnt erst, wenn feststeht, dass er nicht abbilden kann, wer im Fahrzeug sitzt.
    .title = Kennzeichen ohne Gesichter

core-91 = Die Stadt hat einen Plan, wie ihre Dienste weitergehen, wenn ihre Sensoren oder deren Daten ausfallen.
    .title = Ein Plan für den Ausfall

core-92 = Innerhalb von 30 Tagen nach einem Vorfall schreibt die Stadt auf, was geschah und was sie ändert.
    .title = Aus Vorfällen lernen

core-93 = Ein Vorhaben der vollen Stufe wird erst genehmigt, nachdem seine sozialen Folgen geprüft wurden.
    .title = Soziale Folgen der vollen Stufe

core-94 = Wer erfährt, wer da war, hat versprochen, dass ein Mensch entscheidet, bevor für jemanden etwas daraus folgt.
    .title = Ein Mensch entscheidet

core-95 = Ein Vorhaben der vollen Stufe wird erst nach einer öffentlichen Anhörung genehmigt.
    .title = Eine Anhörung

core-96 = Eine Anhörung wird mindestens { $hearing-notice ->
        [one] einen Tag
       *[other] { $hearing-notice } Tage
    } vorher angekündigt, mit der Prüfung.
    .title = Anhörungen werden angekündigt

core-97 = Ein Vorhaben der vollen Stufe wird erst genehmigt, nachdem das beratende Gremium sich geäußert oder 90 Tage geschwiegen hat.
    .title = Das Gremium wird gefragt

core-98 = Ein Vorhaben, das Menschen betrifft, beginnt erst, wenn sie sich heraushalten können, ohne auf etwas zu verzichten, außer es sucht, was eine Anordnung nennt.
    .title = Ein Ausweg

core-99 = Ein Vorhaben, das Menschen beobachtet, beginnt erst nach einem Hinweis an die Öffentlichkeit.
    .title = Ein Hinweis an alle

core-100 = Ein Vorhaben der vollen Stufe berichtet jedes Jahr, wie es genutzt wurde, mit wem Daten geteilt wurden, was schiefging und was es kostete; ohne Bericht hält es an.
    .title = Ein Jahresbericht

core-101 = Jede Stellungnahme aus einer Beteiligung wird innerhalb von 30 Tagen beantwortet.
    .title = Stellungnahmen werden beantwortet

core-102 = Jede Frage und jeder Antrag aus der Bevölkerung wird innerhalb eines Monats beantwortet; die Frist kann einmal um 60 Tage verlängert werden.
    .title = Fragen werden beantwortet

core-103 = Über jeden Widerspruch aus der Bevölkerung gegen ein Vorhaben wird innerhalb eines Monats entschieden.
    .title = Über Widersprüche wird entschieden

core-104 = Ein Vorhaben, das Menschen beobachtet, wird erst wieder genehmigt oder fortgesetzt, wenn getan ist, was es schuldet.
    .title = Erst das Überfällige

core-105 = Die Stadt hat eine Regel, nach der jeder Kauf von Informationstechnik Anforderungen an die Barrierefreiheit stellt.
    .title = Regel für barrierefreie Beschaffung

core-106 = Die Stadt prüft alle zwei Jahre, ob ihre Käufe in der Praxis barrierefrei waren.
    .title = Rückblick auf barrierefreie Beschaffung

core-107 = Wo Zahlen über Menschen verrauscht sind, kostet alles, was aus einem Strom an wen auch immer herausgegeben wird, ein Gerät am Tag höchstens { $daily-loss } Millionstel ρ.
    .title = Verlust an Privatheit am Tag

core-108 = In einem Notfall, den eine unabhängige Stelle der Stadt erklärt, darf ein Vorhaben ohne die volle Prüfung, die Feststellungen, die Stellungnahme und die Anhörung genehmigt werden, die es sonst schuldet. Eine solche Genehmigung gilt höchstens { $emergency-approval }.
    .title = Ein Notfall ist kurz

core-109 = Innerhalb von zehn Tagen, nachdem ein Notfall erklärt wurde, sagt eine andere Stelle als die, die ihn erklärt hat, öffentlich, ob es einer war und was daraus wurde; sonst hält das Vorhaben an.
    .title = Ein Notfall wird überprüft
