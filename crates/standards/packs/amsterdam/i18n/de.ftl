# Amsterdam: sensors in public space auf Deutsch: eigene Worte, kein Rechtsrat.

ams-01 = Ein Sensor wird der Stadt mindestens { $sensor-notice-days ->
    [one] einen Tag
   *[other] { $sensor-notice-days } Tage
} vor dem Beginn gemeldet.
    .title = Fünf Tage vorher

ams-02 = Die Meldung sagt, welche Daten der Sensor erhebt.
    .title = Die Meldung nennt die Daten

ams-03 = Wenn ein Sensor andere Daten als bisher erhebt, wird das binnen fünf Tagen gemeldet.
    .title = Eine Änderung wird gemeldet

ams-04 = Wie viele Sensoren von der Pflicht ausgenommen sind, und warum, wird veröffentlicht.
    .title = Ausgenommene Sensoren werden gezählt

ams-05 = Kameras, die über die öffentliche Ordnung wachen, stehen nur, wo die Bürgermeisterin oder der Bürgermeister das Gebiet für eine bestimmte Zeit bezeichnet hat.
    .title = Kameras der öffentlichen Ordnung brauchen einen Beschluss

ams-06 = Was Kameras der öffentlichen Ordnung sahen, wird höchstens { $camera-retention } aufbewahrt.
    .title = Bilder für vier Wochen

ams-07 = Wer ein Gebiet mit Kameras betritt, sieht zuerst ein Schild.
    .title = Ein Schild an jedem Zugang

ams-08 = Jedes Jahr wird geprüft, ob Kameras noch nötig sind; wo niemand prüft, enden sie.
    .title = Kameras, die nicht mehr nötig sind, gehen
