//! Streams as they are.

pub mod read {
    use std::io::{BufRead, Read, Result};

    pub struct Decoder<R>(R);

    impl<R: BufRead> Decoder<R> {
        pub fn with_buffer(reader: R) -> Result<Self> {
            Ok(Self(reader))
        }
    }

    impl<R: Read> Read for Decoder<R> {
        fn read(&mut self, into: &mut [u8]) -> Result<usize> {
            self.0.read(into)
        }
    }
}
