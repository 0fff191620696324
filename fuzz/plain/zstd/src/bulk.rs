//! Contexts that do nothing.

use std::marker::PhantomData;

use crate::zstd_safe::CParameter;
use std::io;

pub struct Compressor<'a>(PhantomData<&'a ()>);

impl Compressor<'_> {
    pub fn new(_: i32) -> io::Result<Self> {
        Ok(Self(PhantomData))
    }

    pub fn set_parameter(&mut self, _: CParameter) -> io::Result<()> {
        Ok(())
    }

    pub fn compress(&mut self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        Ok(bytes.to_vec())
    }
}

pub struct Decompressor<'a>(PhantomData<&'a ()>);

impl Decompressor<'_> {
    pub fn new() -> io::Result<Self> {
        Ok(Self(PhantomData))
    }

    pub fn decompress(&mut self, bytes: &[u8], most: usize) -> io::Result<Vec<u8>> {
        match bytes.len() <= most {
            true => Ok(bytes.to_vec()),
            false => Err(io::ErrorKind::InvalidData.into()),
        }
    }
}
