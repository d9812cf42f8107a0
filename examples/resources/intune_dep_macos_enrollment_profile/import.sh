# By the id that Microsoft Graph gives the profile: the token's id, an underscore and a GUID.
terraform import intune_dep_macos_enrollment_profile.macbooks '54fac284-7866-43e5-860a-9c8e10fa3d7d_b4cda2e6-3d9f-4eb6-aac3-bab920178f4a'

# By the token's id and the profile's id.
terraform import intune_dep_macos_enrollment_profile.macbooks '54fac284-7866-43e5-860a-9c8e10fa3d7d/b4cda2e6-3d9f-4eb6-aac3-bab920178f4a'

# By the names that people see in the Intune admin center.
terraform import intune_dep_macos_enrollment_profile.macbooks 'Contoso ABM/Corporate MacBooks'
