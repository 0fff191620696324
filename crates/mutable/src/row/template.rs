//! Dashboards. The key is the id; the payload has the version, whether it is
//! disabled, the last change in milliseconds, and the configuration.

use skytrail_model::template::UiTemplate;

use super::read::text_of;
use super::{Reader, Row, write};

/// The row of a dashboard.
pub(crate) fn encode(template: &UiTemplate) -> Row {
    let mut payload = write::versioned();
    payload.push(u8::from(template.disabled));
    write::signed(&mut payload, template.updated_at);
    payload.extend_from_slice(template.configuration.as_bytes());
    (template.id.as_bytes().to_vec(), payload)
}

/// The dashboard of a row.
pub(crate) fn decode(row_key: &[u8], payload: &[u8]) -> Option<UiTemplate> {
    let mut reader = Reader::versioned(payload)?;
    let disabled = reader.flag()?;
    let updated_at = reader.signed()?;
    let configuration = text_of(reader.rest())?;
    Some(UiTemplate { id: text_of(row_key)?, configuration, disabled, updated_at })
}
