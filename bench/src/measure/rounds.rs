//! Rounds that take turns, so that a busy moment of the machine falls on all
//! contenders alike.

/// What rounds gave, in the order they ran.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rounds {
    figures: Vec<f64>,
}

impl Rounds {
    /// Takes the figure of one more round.
    pub fn push(&mut self, figure: f64) {
        self.figures.push(figure);
    }

    /// The middle one; the mean of the middle two of an even number; 0 of none.
    pub fn median(&self) -> f64 {
        let sorted = self.sorted();
        let middle = sorted.len() / 2;
        let upper = sorted.get(middle).copied().unwrap_or(0.0);
        match sorted.len() % 2 {
            1 => upper,
            _ => (upper + sorted.get(middle.wrapping_sub(1)).copied().unwrap_or(upper)) / 2.0,
        }
    }

    /// The smallest and the largest.
    pub fn range(&self) -> (f64, f64) {
        let sorted = self.sorted();
        let first = sorted.first().copied().unwrap_or(0.0);
        (first, sorted.last().copied().unwrap_or(0.0))
    }

    /// How many there were.
    pub fn len(&self) -> usize {
        self.figures.len()
    }

    /// Whether there was none.
    pub fn is_empty(&self) -> bool {
        self.figures.is_empty()
    }

    fn sorted(&self) -> Vec<f64> {
        let mut sorted = self.figures.clone();
        sorted.sort_by(f64::total_cmp);
        sorted
    }
}

/// One round of a contender gives a figure, the lower the better.
pub type Contender<'a> = Box<dyn FnMut() -> anyhow::Result<f64> + 'a>;

/// Lets every contender warm up once, then runs `count` rounds of each, taking
/// turns; the one that begins changes from turn to turn.
pub fn interleave(count: usize, contenders: &mut [Contender<'_>]) -> anyhow::Result<Vec<Rounds>> {
    let mut rounds = vec![Rounds::default(); contenders.len()];
    for contender in contenders.iter_mut() {
        contender()?;
    }
    for turn in 0..count {
        let mut order: Vec<usize> = (0..contenders.len()).collect();
        order.rotate_left(turn % contenders.len().max(1));
        for place in order {
            if let (Some(contender), Some(rounds)) =
                (contenders.get_mut(place), rounds.get_mut(place))
            {
                rounds.push(contender()?);
            }
        }
    }
    Ok(rounds)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::{Rounds, interleave};

    #[test]
    fn the_median_is_the_middle() {
        let of = |figures: &[f64]| Rounds { figures: figures.to_vec() }.median();
        assert_eq!(of(&[9.0, 1.0, 2.0]), 2.0);
        assert_eq!(of(&[4.0, 1.0, 2.0, 9.0]), 3.0);
        assert_eq!((of(&[5.0]), of(&[])), (5.0, 0.0));
    }

    #[test]
    fn contenders_warm_up_and_take_turns_at_beginning() {
        let order = RefCell::new(String::new());
        let order = &order;
        let contender = |name: char| -> super::Contender<'_> {
            Box::new(move || {
                order.borrow_mut().push(name);
                Ok(order.borrow().len() as f64)
            })
        };
        let rounds = interleave(2, &mut [contender('a'), contender('b')]).unwrap();
        assert_eq!(*order.borrow(), "ababba");
        assert_eq!(rounds[0], Rounds { figures: vec![3.0, 6.0] });
    }
}
