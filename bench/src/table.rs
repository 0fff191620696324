//! The table that is printed at the end.

use std::fmt::Write as _;

/// A line of the table.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// What was measured.
    pub what: String,
    /// The figure, and the figures behind it.
    pub result: Outcome,
    /// Conditions, and what else a reader needs to judge the figure.
    pub note: String,
}

/// What came of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// A figure to hold against a goal.
    Measured {
        /// The figure; the smaller the better.
        figure: f64,
        /// The figure as it is printed.
        shown: String,
        /// The goal.
        goal: Bound,
        /// What is known to be possible; empty where nobody knows.
        limit: &'static str,
    },
    /// Printed beside other rows, without a goal of its own.
    Shown(String),
    /// Not run, for a reason.
    Skipped(String),
}

/// The largest figure that meets a goal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bound {
    /// The figure.
    pub at_most: f64,
    /// Its unit as printed (`×`, ` ms`).
    pub unit: &'static str,
}

impl Row {
    /// A ratio of two figures, `ours / theirs`.
    pub fn ratio(what: &str, ours: f64, theirs: f64, at_most: f64, limit: &'static str) -> Self {
        let figure = ours / theirs;
        let shown = if figure < 0.1 { three_digits(figure) } else { format!("{figure:.2}") };
        Self {
            what: what.to_owned(),
            result: Outcome::Measured {
                figure,
                shown: format!("{shown}×"),
                goal: Bound { at_most, unit: "×" },
                limit,
            },
            note: String::new(),
        }
    }

    /// A figure in a unit.
    pub fn absolute(what: &str, figure: f64, at_most: f64, unit: &'static str) -> Self {
        Self {
            what: what.to_owned(),
            result: Outcome::Measured {
                figure,
                shown: format!("{}{unit}", three_digits(figure)),
                goal: Bound { at_most, unit },
                limit: "",
            },
            note: String::new(),
        }
    }

    /// A figure that stands for itself.
    pub fn shown(what: &str, shown: String) -> Self {
        Self { what: what.to_owned(), result: Outcome::Shown(shown), note: String::new() }
    }

    /// A row that cannot run.
    pub fn skipped(what: &str, reason: String) -> Self {
        Self { what: what.to_owned(), result: Outcome::Skipped(reason), note: String::new() }
    }

    /// The row with a note.
    #[must_use]
    pub fn note(mut self, note: String) -> Self {
        self.note = note;
        self
    }

    fn cells(&self) -> [String; 6] {
        let (shown, goal, limit, verdict) = match &self.result {
            Outcome::Measured { figure, shown, goal, limit } => {
                let verdict = if *figure <= goal.at_most { "met" } else { "missed" };
                let goal = format!("≤ {}{}", three_digits(goal.at_most), goal.unit);
                (shown.clone(), goal, (*limit).to_owned(), verdict.to_owned())
            }
            Outcome::Shown(shown) => (shown.clone(), String::new(), String::new(), String::new()),
            Outcome::Skipped(reason) => {
                let shown = format!("skipped ({reason})");
                (shown, String::new(), String::new(), String::new())
            }
        };
        [self.what.clone(), shown, goal, limit, verdict, self.note.clone()]
    }
}

/// A figure with three digits that count, without needless zeros.
pub fn three_digits(figure: f64) -> String {
    let magnitude = if figure == 0.0 { 0 } else { figure.abs().log10().floor() as i32 };
    let decimals = usize::try_from(2 - magnitude).unwrap_or(0);
    let text = format!("{figure:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// The rows under their headings, columns aligned, as a Markdown table.
pub fn render(rows: &[Row]) -> String {
    let head = ["what", "measured", "goal", "limit", "", "note"].map(str::to_owned);
    let mut lines = vec![head];
    lines.extend(rows.iter().map(Row::cells));
    let widths: [usize; 6] = std::array::from_fn(|column| {
        lines.iter().map(|cells| cells[column].chars().count()).max().unwrap_or(0)
    });
    let mut text = String::new();
    for (at, cells) in lines.iter().enumerate() {
        for (cell, width) in cells.iter().zip(widths) {
            let _ = write!(text, "| {cell}{:pad$} ", "", pad = width - cell.chars().count());
        }
        text.push_str("|\n");
        if at == 0 {
            widths.iter().for_each(|width| {
                let _ = write!(text, "|{:-<pad$}", "", pad = width + 2);
            });
            text.push_str("|\n");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Row, render, three_digits};

    #[test]
    fn figures_keep_three_digits() {
        let shown = [0.25, 0.9, 320.0, 4.7, 1234.5, 0.0, 0.018_37].map(three_digits);
        assert_eq!(shown, ["0.25", "0.9", "320", "4.7", "1234", "0", "0.0184"]);
    }

    #[test]
    fn a_goal_is_met_missed_or_left_open() {
        let rows = [
            Row::ratio("a", 1.0, 4.0, 0.30, "0.18×"),
            Row::absolute("b", 330.0, 320.0, " MiB").note("10 minutes".to_owned()),
            Row::skipped("c", "no network".to_owned()),
        ];
        let text = render(&rows);
        let lines: Vec<_> =
            text.lines().map(|l| l.split_whitespace().collect::<String>()).collect();
        assert_eq!(lines[2], "|a|0.25×|≤0.3×|0.18×|met||");
        assert_eq!(lines[3], "|b|330MiB|≤320MiB||missed|10minutes|");
        assert_eq!(lines[4], "|c|skipped(nonetwork)|||||");
    }
}
