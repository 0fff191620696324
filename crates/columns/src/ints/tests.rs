use proptest::prelude::*;

use super::*;
use crate::read::Reader;

fn back(numbers: &[i64], choice: Choice) -> (u8, Vec<i64>) {
    let (mut directory, mut plain, mut stream) = (Vec::new(), Vec::new(), Vec::new());
    encode(numbers, choice, 0, &mut directory, &mut plain, &mut stream);
    let mut reader = Reader::new("test", &directory);
    let mode = reader.u8().unwrap();
    let entry = Entry::read(mode, numbers.len(), &mut reader).unwrap();
    assert!(reader.is_empty());
    assert_eq!((entry.plain_len(), entry.stream_len()), (Some(plain.len()), Some(stream.len())));
    let ints = entry.open(&plain, &stream).unwrap();
    let mut all = vec![7];
    ints.decode(&mut all);
    assert!(ints.iter().eq(all.iter().copied()));
    assert_eq!(ints.get(numbers.len()), None);
    for wanted in numbers.iter().take(3).copied().chain([0, i64::MAX]) {
        let rows = (0..numbers.len()).filter(|row| numbers[*row] == wanted);
        assert!(ints.rows_with(wanted).into_iter().eq(rows), "{wanted}");
    }
    (mode & 7, all)
}

fn columns() -> impl Strategy<Value = Vec<i64>> {
    let unit = prop::sample::select(vec![1_i64, 3, 1_000, 1_000_000, 1_000_000_000]);
    let small = (unit, any::<i64>(), prop::collection::vec(0_i64..300, 0..100));
    let small = small.prop_map(|(unit, base, counts)| {
        counts.into_iter().map(|count| base.wrapping_add(count.wrapping_mul(unit))).collect()
    });
    let rising =
        (0_u32..64, prop::collection::vec(any::<u64>(), 0..300)).prop_map(|(bits, counts)| {
            let mut numbers: Vec<_> =
                counts.into_iter().map(|count| (count >> bits).cast_signed()).collect();
            numbers.sort_unstable();
            numbers
        });
    prop_oneof![small, prop::collection::vec(any::<i64>(), 0..50), rising]
}

proptest! {
    #[test]
    fn a_column_comes_back(numbers in columns()) {
        for choice in [Choice::Random, Choice::Packed, Choice::Smallest, Choice::Planes] {
            prop_assert_eq!(&back(&numbers, choice).1, &numbers);
        }
    }
}

#[test]
fn each_column_is_kept_as_it_is_smallest() {
    let of = |numbers: Vec<i64>| back(&numbers, Choice::Smallest).0;
    assert_eq!(of(vec![5; 100]), CONSTANT);
    assert_eq!(of((0..100).map(|n| n * 1_000_003).collect()), DELTA);
    assert_eq!(of((0..100).map(|n| (n * 7 % 3) * 20_000).collect()), LOCAL);
    assert_eq!(of((0..100).map(|n| n * n * 31 % 101).collect()), PACKED);
    assert_eq!(of((0..100_i64).map(|n| n.pow(5)).collect()), RISING);
}
