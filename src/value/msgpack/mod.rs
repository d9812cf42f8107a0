//! Values as MessagePack, the form in which Terraform sends them; knows no schema.
