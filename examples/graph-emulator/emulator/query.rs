//! OData's system query options, read strictly; must not know what they are asked of.

use std::collections::HashSet;

use super::message::Request;
use super::problem::Problem;

/// The options of one request.
#[derive(Debug, Default)]
pub(crate) struct Query {
    /// `$top`, at least 1.
    pub(crate) top: Option<usize>,
    /// `$skiptoken`: the number of the first element of the page.
    pub(crate) from: u64,
    /// `$count=true`.
    pub(crate) count: bool,
    pub(crate) select: Vec<String>,
    pub(crate) expand: Vec<String>,
    pub(crate) filter: Option<String>,
}

impl Query {
    /// Reads the options that are allowed here (`["$top", …]`); any other option is refused.
    pub(crate) fn of(request: &Request, allowed: &[&str]) -> Result<Self, Problem> {
        let mut query = Self::default();
        let mut names = HashSet::new();
        for (name, value) in request.query_options() {
            if !names.insert(name.clone()) {
                return Err(Problem::Query(format!("The query option '{name}' is there twice.")));
            }
            if !allowed.contains(&name.as_str()) {
                return Err(Problem::Query(format!("The query option '{name}' is not supported.")));
            }
            query.read(&name, &value).ok_or_else(|| {
                Problem::Query(format!("The value of the query option '{name}' is not valid."))
            })?;
        }
        Ok(query)
    }

    fn read(&mut self, name: &str, value: &str) -> Option<()> {
        match name {
            "$top" => self.top = Some(value.parse().ok().filter(|top| *top > 0)?),
            "$skiptoken" => self.from = value.strip_prefix(PAGE_MARK)?.parse().ok()?,
            "$count" => self.count = value.parse().ok()?,
            "$select" => self.select = names(value),
            "$expand" => self.expand = names(value),
            "$filter" => self.filter = Some(value.to_owned()),
            _ => return None,
        }
        Some(())
    }

    /// The address of the page that starts with this element, with the other options of the request.
    pub(crate) fn next_link(origin: &str, request: &Request, from: u64) -> String {
        let mut encoded = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in request.query_options() {
            if name != "$skiptoken" {
                encoded.append_pair(&name, &value);
            }
        }
        encoded.append_pair("$skiptoken", &format!("{PAGE_MARK}{from}"));
        // Graph writes the dollar of its own options plainly.
        format!("{origin}{}?{}", request.path, encoded.finish().replace("%24", "$"))
    }
}

/// Makes a page's mark something to hand back and not to count with.
const PAGE_MARK: &str = "at-";

fn names(list: &str) -> Vec<String> {
    list.split(',').map(|name| name.trim().to_owned()).collect()
}
