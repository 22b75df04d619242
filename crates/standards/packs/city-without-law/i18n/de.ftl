# Global core for a city with no law of its own auf Deutsch: eigene Worte, kein Rechtsrat.

own-01 = Wo kein Gesetz eine Grundlage gibt, beschließt der Rat öffentlich, dass Daten über Menschen erhoben werden dürfen, bevor es genehmigt wird.
    .title = Ein Beschluss anstelle eines Gesetzes

own-02 = Wer beobachtet wird, kann widersprechen und erfährt, wie, bevor die Erhebung beginnt.
    .title = Ein Weg zum Widerspruch

own-03 = Jemand, der keines der Vorhaben betreibt, wird benannt, um über alle zu wachen.
    .title = Eine aufsichtführende Person

own-04 = Die Stadt veröffentlicht die Regeln, an die sie sich bindet, dort, wo man sie lesen kann.
    .title = Die Regeln sind veröffentlicht

own-05 = Jedes Jahr berichtet die Stadt über jedes Vorhaben, das Menschen beobachtet, und sei es noch so leicht.
    .title = Ein Bericht auch über leichte Vorhaben
