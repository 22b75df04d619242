# Jede Anforderung mit Text und Titel.

my-standard-01 = Höchstens { $open-views ->
    [one] eine Sicht steht
   *[other] { $open-views } Sichten stehen
} allen offen.
    .title = Wenige offene Sichten

my-standard-02 = Einmal im Jahr berichtet die Stadt, was ihre Sensoren sahen und wer es bekam.
    .title = Jahresbericht
