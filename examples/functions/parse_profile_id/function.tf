locals {
  default_profile = provider::intune::parse_profile_id(
    "ECV2_54fac284-7866-43e5-860a-9c8e10fa3d7d_b4cda2e6-3d9f-4eb6-aac3-bab920178f4a"
  )
}

# "54fac284-7866-43e5-860a-9c8e10fa3d7d"
output "token" {
  value = local.default_profile.dep_onboarding_setting_id
}

# "b4cda2e6-3d9f-4eb6-aac3-bab920178f4a", as Intune's device lists show it
output "profile" {
  value = local.default_profile.profile_id
}

# true: an enrollment policy, not a profile
output "is_policy" {
  value = local.default_profile.is_policy
}
