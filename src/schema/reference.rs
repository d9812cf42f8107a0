//! A schema as a page to read; knows no value.

use super::{Attribute, Block};

impl Block {
    /// The attributes as a Markdown table, in the schema's order.
    pub fn attribute_table(&self) -> String {
        let rows = self.attributes.iter().map(Attribute::table_row);
        format!("| Attribute | | Description |\n|---|---|---|\n{}", rows.collect::<String>())
    }
}

impl Attribute {
    fn table_row(&self) -> String {
        let presence = match (self.required, self.optional) {
            (true, _) => "required",
            (false, true) => "optional",
            (false, false) => "computed",
        };
        format!("| `{}` | {presence} | {} |\n", self.name, self.description)
    }
}
