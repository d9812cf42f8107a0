import {
  to = intune_apple_configurator_enrollment_profile.carts
  # Or "{Intune account id}/{profile id}", or "{Intune account id}/{profile name}".
  id = "54fac284-7866-43e5-860a-9c8e10fa3d7d_b4cda2e6-3d9f-4eb6-aac3-bab920178f4a"
}
