no-time = no time
seconds = { $n ->
    [one] { $n } second
   *[other] { $n } seconds
}
minutes = { $n ->
    [one] { $n } minute
   *[other] { $n } minutes
}
hours = { $n ->
    [one] { $n } hour
   *[other] { $n } hours
}
days = { $n ->
    [one] { $n } day
   *[other] { $n } days
}
years = { $n ->
    [one] { $n } year
   *[other] { $n } years
}
none = none
two = { $first } and { $last }
cease = it stops
refuse = it is refused
escalate = it is named overdue until it is done
proceed = it goes on as if answered
senior = after { $age } with a senior officer's authorisation
judge = after { $age } with a judge's authorisation
nobody = after { $age } nobody any more
