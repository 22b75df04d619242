# United Kingdom: number plates and cameras auf Deutsch: eigene Worte, kein Rechtsrat.

uk-01 = Daten von Kennzeichenlesern werden nur für die Zwecke genutzt, die der nationale Standard nennt.
    .title = Kennzeichen nur für die Zwecke des Standards

uk-02 = Lesungen, die älter sind als { $plate-senior-after }, brauchen die Genehmigung einer leitenden Beamtin oder eines leitenden Beamten.
    .title = Nach neunzig Tagen eine leitende Person

uk-03 = Lesungen, die älter sind als { $plate-gone-after }, erhält niemand.
    .title = Nach einem Jahr fort

uk-04 = Wer Kameras betreibt, sagt, wie jeder der zwölf Grundsätze des Kodex eingehalten wird.
    .title = Auf den Verhaltenskodex ist geantwortet

uk-05 = Jedes Jahr wird überprüft, ob Kameras noch ihrem Ziel dienen.
    .title = Kameras werden überprüft

uk-06 = Jedes System, das Menschen beobachtet, hat einen Eintrag in zwei Stufen: eine Zusammenfassung für alle, und wem es gehört, warum und mit welchen Risiken.
    .title = Ein Transparenzeintrag

uk-07 = Für jedes Gerät liegt die Erklärung zu Passwörtern, Kontakt und Unterstützung vor.
    .title = Eine Erklärung zur Produktsicherheit

uk-08 = Das Telefon auszuschalten gilt als Weg, dem Gezähltwerden zu widersprechen.
    .title = Ausschalten zählt
