//! Time against the number of profiles as an SVG picture, both axes logarithmic; measures nothing.

use std::fmt::Write;

use crate::results::{Results, Row};
use crate::stage::Subject;

const WIDTH: f64 = 460.0;
const HEIGHT: f64 = 330.0;
const LEFT: f64 = 60.0;
const TOP: f64 = 40.0;
const RIGHT: f64 = 20.0;
const BOTTOM: f64 = 45.0;
const LEGEND: f64 = 30.0;

/// What each line looks like. The colours can be told apart by people who see no red or no green.
const COLOURS: [&str; 6] = ["#0072b2", "#d55e00", "#009e73", "#666666", "#cc79a7", "#e69f00"];

/// A line of the picture: a subject at a latency.
type Line = (Subject, Option<u64>);

/// The picture of all plans, and beside it that of all applies.
pub(crate) fn svg(results: &Results) -> String {
    let lines = lines(&results.rows);
    let (width, height) = (2.0 * WIDTH, HEIGHT + LEGEND);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n\
         <title>Seconds of terraform plan and apply against the number of profiles</title>\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n"
    );
    let scale = Scale::of(&results.rows);
    for (number, command) in ["plan", "apply"].into_iter().enumerate() {
        let _ = writeln!(text, "<g transform=\"translate({} 0)\">", number as f64 * WIDTH);
        panel(&mut text, results, command, &scale, &lines);
        text.push_str("</g>\n");
    }
    legend(&mut text, &lines);
    text.push_str("</svg>\n");
    text
}

/// Each subject at each latency. The floor is drawn once, since it waits for nobody; preferred
/// pages would lie on the others nearly everywhere.
fn lines(rows: &[Row]) -> Vec<Line> {
    let mut lines = Vec::new();
    for row in rows {
        let line = (row.subject, row.latency);
        let floor_again = row.subject == Subject::Floor
            && lines.iter().any(|(known, _)| *known == Subject::Floor);
        let is_drawn = row.subject != Subject::PreferredPages && !floor_again;
        if is_drawn && !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

/// Whole decades around all that was measured.
struct Scale {
    profiles: (f64, f64),
    seconds: (f64, f64),
}

impl Scale {
    fn of(rows: &[Row]) -> Self {
        let most = rows.iter().map(|row| row.profiles).max().unwrap_or(10);
        let walls = || rows.iter().map(|row| row.wall.as_secs_f64());
        let (least, longest) = (walls().fold(1.0, f64::min), walls().fold(1.0, f64::max));
        Self {
            profiles: (0.0, (most as f64).log10().ceil().max(1.0)),
            seconds: (least.log10().floor(), longest.log10().ceil().max(1.0)),
        }
    }

    fn x(&self, profiles: f64) -> f64 {
        let (least, most) = self.profiles;
        LEFT + (profiles.log10() - least) / (most - least) * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, seconds: f64) -> f64 {
        let (least, most) = self.seconds;
        HEIGHT - BOTTOM - (seconds.log10() - least) / (most - least) * (HEIGHT - TOP - BOTTOM)
    }
}

fn panel(text: &mut String, results: &Results, command: &str, scale: &Scale, lines: &[Line]) {
    let middle = LEFT + (WIDTH - LEFT - RIGHT) / 2.0;
    let _ = writeln!(
        text,
        "<text x=\"{middle}\" y=\"22\" text-anchor=\"middle\" font-size=\"15\">terraform {command}, seconds</text>\n\
         <text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">profiles</text>",
        HEIGHT - 8.0
    );
    grid(text, scale);
    for ((subject, latency), colour) in lines.iter().zip(COLOURS.iter().cycle()) {
        let points: Vec<_> = results
            .rows
            .iter()
            .filter(|row| (row.command, row.subject, row.latency) == (command, *subject, *latency))
            .map(|row| (scale.x(row.profiles as f64), scale.y(row.wall.as_secs_f64())))
            .collect();
        let path: Vec<_> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let _ = writeln!(
            text,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
            path.join(" ")
        );
        for (x, y) in points {
            let _ =
                writeln!(text, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{colour}\"/>");
        }
    }
}

fn grid(text: &mut String, scale: &Scale) {
    let (left, right) = (LEFT, WIDTH - RIGHT);
    for decade in decades(scale.seconds) {
        let y = scale.y(decade);
        let _ = writeln!(
            text,
            "<path d=\"M{left} {y:.1}H{right}\" stroke=\"#dddddd\"/>\
             <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{decade}</text>",
            left - 6.0,
            y + 4.0
        );
    }
    let (top, bottom) = (TOP, HEIGHT - BOTTOM);
    for decade in decades(scale.profiles) {
        let x = scale.x(decade);
        let _ = writeln!(
            text,
            "<path d=\"M{x:.1} {top}V{bottom}\" stroke=\"#dddddd\"/>\
             <text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{decade}</text>",
            bottom + 16.0
        );
    }
}

fn decades((least, most): (f64, f64)) -> impl Iterator<Item = f64> {
    (least as i32..=most as i32).map(|exponent| 10f64.powi(exponent))
}

fn legend(text: &mut String, lines: &[Line]) {
    let room = 2.0 * (WIDTH - RIGHT) / lines.len().max(1) as f64;
    for (number, ((subject, latency), colour)) in
        lines.iter().zip(COLOURS.iter().cycle()).enumerate()
    {
        let x = RIGHT + room * number as f64;
        let waits = match (subject, latency) {
            (Subject::Floor, _) | (_, None) => String::new(),
            (_, Some(latency)) => format!(", {latency} ms"),
        };
        let _ = writeln!(
            text,
            "<rect x=\"{x:.1}\" y=\"{}\" width=\"14\" height=\"4\" fill=\"{colour}\"/>\
             <text x=\"{:.1}\" y=\"{}\">{}{waits}</text>",
            HEIGHT + 8.0,
            x + 20.0,
            HEIGHT + 14.0,
            subject.name()
        );
    }
}
