# "54fac284-7866-43e5-860a-9c8e10fa3d7d_b4cda2e6-3d9f-4eb6-aac3-bab920178f4a"
output "profile_id" {
  value = provider::intune::build_profile_id(
    "54fac284-7866-43e5-860a-9c8e10fa3d7d",
    "b4cda2e6-3d9f-4eb6-aac3-bab920178f4a",
  )
}
