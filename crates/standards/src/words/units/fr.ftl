no-time = aucune durée
seconds = { $n ->
    [one] { $n } seconde
   *[other] { $n } secondes
}
minutes = { $n ->
    [one] { $n } minute
   *[other] { $n } minutes
}
hours = { $n ->
    [one] { $n } heure
   *[other] { $n } heures
}
days = { $n ->
    [one] { $n } jour
   *[other] { $n } jours
}
years = { $n ->
    [one] { $n } an
   *[other] { $n } ans
}
none = rien
two = { $first } et { $last }
cease = cela cesse
refuse = c'est refusé
escalate = c'est signalé en retard jusqu'à ce que ce soit fait
proceed = cela continue comme s'il y avait eu réponse
senior = au-delà de { $age } avec l'accord d'un cadre
judge = au-delà de { $age } avec l'accord d'un juge
nobody = au-delà de { $age } plus personne
