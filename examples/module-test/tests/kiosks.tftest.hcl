# Runs against the local Graph: `terraform test`, with the variables that docs/guides/testing-offline.md names.
variables {
  sites = ["Berlin", "Oslo"]
}

run "every_site_gets_a_locked_profile" {
  assert {
    condition     = length(output.profile_ids) == 2
    error_message = "Each site has a profile."
  }

  assert {
    condition = alltrue([
      for profile in values(intune_dep_enrollment_profile.kiosk) :
      profile.supervised_mode_enabled && profile.profile_removal_disabled
    ])
    error_message = "Kiosks are supervised, and users cannot remove the profile."
  }

  assert {
    condition     = startswith(output.profile_ids["Oslo"], var.dep_onboarding_setting_id)
    error_message = "Intune's ids start with the token's id."
  }
}

run "a_new_site_leaves_the_others_alone" {
  variables {
    sites = ["Berlin", "Oslo", "Turin"]
  }

  assert {
    condition     = output.profile_ids["Oslo"] == run.every_site_gets_a_locked_profile.profile_ids["Oslo"]
    error_message = "The profile of a site that was there is kept."
  }
}

run "a_name_that_is_too_long_is_refused" {
  command = plan

  variables {
    sites = [join("", [for number in range(101) : "x"])]
  }

  expect_failures = [var.sites]
}
