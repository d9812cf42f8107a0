//! A report for people; decides nothing.

use std::fmt::Write as _;

use super::report::{Finding, Report, Token, Verdict};

/// The whole report as text.
pub(super) fn of(report: &Report) -> String {
    let mut text = format!("terraform-provider-intune {}\n\n", report.version);
    let width = report.checks.iter().map(|finding| finding.name.len()).max().unwrap_or(0);
    for finding in &report.checks {
        text += &lines(finding, width);
    }
    if !report.tokens.is_empty() {
        text += "\nEnrollment program tokens:\n\n";
        text += &tokens(&report.tokens);
    }
    text
}

fn lines(finding: &Finding, width: usize) -> String {
    let mark = match finding.verdict {
        Verdict::Passed => "ok",
        Verdict::Skipped => "skipped",
        Verdict::Warned => "warning",
        Verdict::Failed => "FAILED",
    };
    let told = finding.text.lines().chain(finding.next.iter().flat_map(|next| next.lines()));
    let told: Vec<_> = told.filter(|line| !line.trim().is_empty()).collect();
    let margin = " ".repeat(MARK + 2 + width + 2);
    format!("{mark:MARK$}  {:width$}  {}\n", finding.name, told.join(&format!("\n{margin}")))
}

const MARK: usize = "skipped".len();

fn tokens(tokens: &[Token]) -> String {
    let head = ["Name", "Id", "Expires", "Days left", "Last sync"].map(str::to_owned);
    let rows: Vec<_> = std::iter::once(head).chain(tokens.iter().map(row)).collect();
    let widths = rows.iter().fold([0; 5], |mut widths, row| {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
        widths
    });
    let mut text = String::new();
    for row in &rows {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        let _ = writeln!(text, "{}", cells.collect::<Vec<_>>().join("  ").trim_end());
    }
    text
}

fn row(token: &Token) -> [String; 5] {
    let or_dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let sync = match token.last_sync_error {
        0 => or_dash(&token.last_successful_sync),
        error => format!("{} (last attempt: error {error})", or_dash(&token.last_successful_sync)),
    };
    [
        token.name.clone(),
        token.id.clone(),
        or_dash(&token.expires),
        token.days_left.map_or_else(|| "-".to_owned(), |days| days.to_string()),
        sync,
    ]
}
