package vectors

// MaxExpanded is the bound of one case.
const MaxExpanded = maxExpanded
