//! What users write: dashboards; and the menu that leads to them.

mod dashboards;
mod menu;
mod menu_table;

pub use dashboards::{DashboardConfiguration, Saved, StoredDashboard, TemplateChangeStatus};
pub use menu::MenuItem;
