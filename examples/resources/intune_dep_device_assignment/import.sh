# The token's id and the profile's id. All devices that have the profile are imported.
terraform import intune_dep_device_assignment.kiosk '54fac284-7866-43e5-860a-9c8e10fa3d7d/54fac284-7866-43e5-860a-9c8e10fa3d7d_b4cda2e6-3d9f-4eb6-aac3-bab920178f4a'
