no-time = geen tijd
seconds = { $n ->
    [one] { $n } seconde
   *[other] { $n } seconden
}
minutes = { $n ->
    [one] { $n } minuut
   *[other] { $n } minuten
}
hours = { $n } uur
days = { $n ->
    [one] { $n } dag
   *[other] { $n } dagen
}
years = { $n } jaar
none = niets
two = { $first } en { $last }
cease = het stopt
refuse = het is geweigerd
escalate = het geldt als te laat tot het gedaan is
proceed = het gaat door alsof er antwoord is
senior = ouder dan { $age } met toestemming van een leidinggevende
judge = ouder dan { $age } met toestemming van een rechter
nobody = ouder dan { $age } niemand meer
