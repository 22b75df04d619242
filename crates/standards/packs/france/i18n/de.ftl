# France: phone signals and street video auf Deutsch: eigene Worte, kein Rechtsrat.

fr-01 = Kennungen von Telefonen sind binnen { $anonymise-within } fort, oder sie sind höchstens { $pseudonym-life } lang Pseudonyme, mit Hinweis und einem Weg zum Widerspruch.
    .title = Telefonsignale nach zwei Regeln

fr-02 = Das Telefon auszuschalten gilt nicht als Weg zum Widerspruch.
    .title = Ausschalten ist kein Widerspruch

fr-03 = Videoüberwachung von Straßen braucht vor der Zulassung eine Genehmigung der Präfektur.
    .title = Eine Genehmigung der Präfektur

fr-04 = Wo vier Monate lang niemand über Videoüberwachung entscheidet, ist sie abgelehnt.
    .title = Vier Monate Schweigen lehnen ab

fr-05 = Eine im Notfall ohne Stellungnahme erteilte Genehmigung gilt höchstens { $emergency-permit }.
    .title = Notgenehmigungen sind kurz

fr-06 = Jedes genehmigte System steht mit Datum und zuständiger Stelle in einer öffentlichen Liste.
    .title = Eine Liste der genehmigten Systeme

fr-07 = Was aufgenommen, wann es vernichtet und wem es übergeben wurde, ist aufgeschrieben.
    .title = Ein Verzeichnis der Aufnahmen

fr-08 = Aufnahmen werden nach höchstens { $recording-limit } vernichtet.
    .title = Aufnahmen für einen Monat

fr-09 = Ein Gerät, das Menschen für Werbung misst und an einer öffentlichen Straße steht oder von ihr zu sehen ist, braucht die Erlaubnis der Behörde.
    .title = Werbegeräte brauchen die Erlaubnis der Behörde
