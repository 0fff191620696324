//! Columns of numbers and text as checked frames of bytes: what all formats of the embedded store are made of. Pure.
