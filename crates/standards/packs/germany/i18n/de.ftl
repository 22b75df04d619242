# Germany: number plates auf Deutsch: eigene Worte, kein Rechtsrat.

de-01 = Kennzeichen werden sofort abgeglichen; was nicht passt, ist sofort und spurlos fort.
    .title = Nicht gesuchte Kennzeichen hinterlassen keine Spur

de-02 = Bevor Kennzeichen gelesen werden, hält jemand anderes als die lesende Stelle den Anlass fest.
    .title = Der Anlass ist festgehalten

de-03 = Eine Anordnung, Kennzeichen zu lesen, nennt die Orte, an denen es geschehen darf.
    .title = Die Anordnung nennt ihr Gebiet

de-04 = Wie ein Mensch jeden Treffer prüft, bevor er zu etwas führt, ist festgelegt, bevor ein Treffer weitergegeben wird.
    .title = Ein Mensch prüft jeden Treffer

de-05 = Was auf einer Anordnung ruht, wird nicht länger vereinbart, als sie gilt.
    .title = Eine Vereinbarung endet mit der Anordnung

de-06 = Immer nur ein kleiner Teil der Kameras einer Stadt liest Kennzeichen.
    .title = Nie flächendeckend
