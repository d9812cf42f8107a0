locals {
  skipped = provider::intune::skip_panes("ios", ["Location", "Siri", "SafetyAndHandling"])
}

# true
output "siri_disabled" {
  value = local.skipped.panes["siri_disabled"]
}

# false
output "zoom_disabled" {
  value = local.skipped.panes["zoom_disabled"]
}

# ["SafetyAndHandling"], which no Boolean stands for
output "other_keys" {
  value = local.skipped.other_keys
}
