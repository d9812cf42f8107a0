# ["Location", "Siri"]
output "keys" {
  value = provider::intune::skip_keys("ios", {
    location_disabled = true
    siri_disabled     = true
    zoom_disabled     = false
  })
}
