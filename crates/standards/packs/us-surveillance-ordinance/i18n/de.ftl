# United States: a surveillance ordinance auf Deutsch: eigene Worte, kein Rechtsrat.

us-01 = Technik, die Menschen beobachtet, wird durch eine Verordnung des Rates genehmigt und durch nichts Geringeres.
    .title = Der Rat genehmigt durch Verordnung

us-02 = Der Bericht über die Folgen wird { $filing-days ->
    [one] einen Tag
   *[other] { $filing-days } Tage
} vor der Anhörung eingereicht.
    .title = Der Bericht liegt vor der Anhörung vor

us-03 = Der Bericht über die Folgen steht { $online-days ->
    [one] einen Tag
   *[other] { $online-days } Tage
} vor der Anhörung im Netz.
    .title = Der Bericht steht vor der Anhörung im Netz

us-04 = Vor der Genehmigung stellen andere fest und unterschreiben: Der Nutzen überwiegt die Kosten, Rechte sind gewahrt, nichts Milderes genügt, keine Gruppe trägt mehr.
    .title = Vier Feststellungen

us-05 = Eine vorgeschlagene Technik hat binnen 120 Tagen eine Nutzungsregel, einmal um 90 verlängert; ohne sie endet sie.
    .title = Eine Nutzungsregel binnen 120 Tagen

us-06 = Ohne Genehmigung des Rates binnen 180 Tagen nach dem Bericht enden Nutzung und Weitergabe.
    .title = Ein halbes Jahr Schweigen beendet es

us-07 = Jedes Jahr nach dem ersten wird bis zum 1. November berichtet, wie die Technik genutzt, mit wem geteilt, was sie kostete und was sie bewirkte.
    .title = Ein Bericht bis zum ersten November

us-08 = Die Datenschutzkommission hat 90 Tage für ihre Stellungnahme; danach geht die Akte ohne sie weiter.
    .title = Die Kommission hat neunzig Tage

us-09 = Jedes Quartal werden die geprüften Techniken mit Ergebnis und Gründen veröffentlicht, auch die für harmlos befundenen.
    .title = Eine Liste jedes Quartal

us-10 = Wenn Zweck oder Art sich ändern, stockt der Fluss, bis eine neue Verordnung die Änderung deckt.
    .title = Eine wesentliche Änderung braucht eine neue Verordnung

us-11 = Der Entwurf der Regel ist { $draft-days ->
    [one] einen Tag
   *[other] { $draft-days } Tage
} vor der Nutzung der Technik öffentlich.
    .title = Der Entwurf ist vor der Nutzung öffentlich

us-12 = Man kann mindestens { $comment-days ->
    [one] einen Tag
   *[other] { $comment-days } Tage
} lang Stellung nehmen.
    .title = Eine Frist für Stellungnahmen

us-13 = Daten über Menschen werden nur mit Stellen geteilt, die die Weitergaberegel nennt, und mit keinen „anderen“.
    .title = Empfänger sind in einer Regel genannt

us-14 = In jedem Bezirk, in dem die Technik steht, gab es vor der Genehmigung eine Versammlung.
    .title = Eine Versammlung in jedem Bezirk

us-15 = Die Stadt berichtet bis zum 15. März über ihre gesamte Überwachungstechnik, einmal um 60 Tage verlängert.
    .title = Der Jahresbericht der Stadt bis zum 15. März
