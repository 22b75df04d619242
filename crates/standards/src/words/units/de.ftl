no-time = keine Zeit
seconds = { $n ->
    [one] { $n } Sekunde
   *[other] { $n } Sekunden
}
minutes = { $n ->
    [one] { $n } Minute
   *[other] { $n } Minuten
}
hours = { $n ->
    [one] { $n } Stunde
   *[other] { $n } Stunden
}
days = { $n ->
    [one] { $n } Tag
   *[other] { $n } Tage
}
years = { $n ->
    [one] { $n } Jahr
   *[other] { $n } Jahre
}
none = nichts
two = { $first } und { $last }
cease = es wird eingestellt
refuse = es ist abgelehnt
escalate = es gilt als überfällig, bis es geschehen ist
proceed = es geht weiter, als wäre geantwortet worden
senior = älter als { $age } mit Erlaubnis einer leitenden Person
judge = älter als { $age } mit Erlaubnis eines Gerichts
nobody = älter als { $age } niemand mehr
