//! Objects whose fields are plain values.

/// Implements [`Answer`](super::Answer) for a type, one line per field of the schema:
///
/// ```text
/// object!(Attribute as it {
///     "name" => it.name,
///     "value" => it.value,
/// });
/// ```
macro_rules! object {
    ($type:ty as $it:ident { $($name:literal => $value:expr),+ $(,)? }) => {
        impl $crate::graphql::Answer for $type {
            fn write(&self, out: $crate::graphql::Out<'_>) -> $crate::graphql::Written {
                let $it = self;
                out.object(&|field| match field.name() {
                    $($name => field.put(&$value),)+
                    _ => field.unknown(),
                })
            }
        }
    };
}

pub(crate) use object;
