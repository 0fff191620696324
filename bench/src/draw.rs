//! Curves as an SVG picture, a panel for each, over a common axis whose steps
//! are tenfold.

use std::fmt::Write as _;

use crate::table::three_digits;

/// A point of a curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Greater than 0.
    pub x: f64,
    /// From 0 on.
    pub y: f64,
}

/// A curve, and what is written above it.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// What it shows, with the unit.
    pub title: String,
    /// By ascending `x`.
    pub points: Vec<Point>,
}

const COLUMNS: usize = 3;
const PANEL: (f64, f64) = (250.0, 160.0);
const MARGIN: f64 = 34.0;

/// The picture. It takes its colour from the text around it.
pub fn chart(axis: &str, curves: &[Curve]) -> String {
    let rows = curves.len().div_ceil(COLUMNS);
    let (width, height) = (PANEL.0 * COLUMNS as f64, PANEL.1 * rows as f64);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"sans-serif\" font-size=\"10\" fill=\"#555\">\n"
    );
    for (at, curve) in curves.iter().enumerate() {
        let (x, y) = ((at % COLUMNS) as f64 * PANEL.0, (at / COLUMNS) as f64 * PANEL.1);
        let _ = writeln!(svg, "<g transform=\"translate({x} {y})\">");
        panel(&mut svg, axis, curve);
        svg.push_str("</g>\n");
    }
    svg.push_str("</svg>\n");
    svg
}

fn panel(svg: &mut String, axis: &str, curve: &Curve) {
    let (right, bottom) = (PANEL.0 - MARGIN / 2.0, PANEL.1 - MARGIN);
    let least = curve.points.iter().map(|point| point.x.log10()).fold(f64::MAX, f64::min);
    let most = curve.points.iter().map(|point| point.x.log10()).fold(f64::MIN, f64::max);
    let top = curve.points.iter().map(|point| point.y).fold(0.0, f64::max) * 1.25;
    let span = (most - least).max(1e-9);
    let place = |point: &Point| {
        let x = MARGIN + (point.x.log10() - least) / span * (right - MARGIN * 1.5);
        (x, bottom - point.y / top.max(1e-9) * (bottom - MARGIN))
    };
    let _ = writeln!(svg, "<text x=\"{MARGIN}\" y=\"20\" fill=\"#111\">{}</text>", curve.title);
    let _ = writeln!(
        svg,
        "<path d=\"M{MARGIN} {MARGIN}V{bottom}H{right}\" fill=\"none\" stroke=\"#bbb\"/>"
    );
    let places: Vec<_> = curve.points.iter().map(place).collect();
    let line: Vec<_> = places.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    let line = line.join(" ");
    let _ = writeln!(
        svg,
        "<polyline points=\"{line}\" fill=\"none\" stroke=\"#2468c8\" stroke-width=\"1.5\"/>"
    );
    for (point, (x, y)) in curve.points.iter().zip(&places) {
        let _ = writeln!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.5\" fill=\"#2468c8\"/>");
        let (value, size) = (three_digits(point.y), millions(point.x));
        let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{:.1}\">{value}</text>", y - 6.0);
        let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{:.1}\">{size}</text>", bottom + 13.0);
    }
    let _ = writeln!(svg, "<text x=\"{MARGIN}\" y=\"{:.1}\">{axis}</text>", bottom + 26.0);
}

fn millions(number: f64) -> String {
    format!("{} M", three_digits(number / 1e6))
}

#[cfg(test)]
mod tests {
    use super::{Curve, Point, chart};

    #[test]
    fn every_point_is_drawn_with_its_value() {
        let point = |x, y| Point { x, y };
        let points = vec![point(1e6, 12.5), point(1e7, 13.0)];
        let svg = chart("stored spans", &[Curve { title: "disk, B".to_owned(), points }]);
        assert_eq!(svg.matches("<circle").count(), 2);
        for text in ["disk, B", ">12.5<", ">13<", ">1 M<", ">10 M<"] {
            assert!(svg.contains(text), "{text} in {svg}");
        }
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
    }
}
