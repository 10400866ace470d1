//! The choices of a simulation: drawn from a seed, or all of them in turn.

/// Where choices come from. A seed keeps its meaning over all releases.
#[derive(Debug, Clone)]
pub struct Choices {
    source: Source,
}

#[derive(Debug, Clone)]
enum Source {
    Random(u64),
    Listed {
        picks: Vec<(usize, usize)>,
        at: usize,
    },
}

impl Choices {
    /// Choices drawn from `seed`.
    pub fn seeded(seed: u64) -> Self {
        Self {
            source: Source::Random(seed),
        }
    }

    /// The first of all possible sequences of choices; `advance` goes to the next.
    pub fn exhaustive() -> Self {
        Self {
            source: Source::Listed {
                picks: Vec::new(),
                at: 0,
            },
        }
    }

    /// Whether all sequences are tried, so that only necessary choices should be asked for.
    pub fn is_exhaustive(&self) -> bool {
        matches!(self.source, Source::Listed { .. })
    }

    /// A number below `count`, which must not be 0.
    pub fn pick(&mut self, count: usize) -> usize {
        match &mut self.source {
            Source::Random(state) => {
                // SplitMix64: any seed is as good as another, 0 included.
                *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
                let mut word = *state;
                word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                word ^= word >> 31;
                usize::try_from(word % count.max(1) as u64).unwrap_or(0)
            }
            Source::Listed { picks, at } => {
                if *at == picks.len() {
                    picks.push((0, count));
                }
                let pick = picks[*at].0;
                *at += 1;
                pick
            }
        }
    }

    /// Goes to the next sequence of choices; false once all were tried.
    pub fn advance(&mut self) -> bool {
        let Source::Listed { picks, at } = &mut self.source else {
            return true;
        };
        *at = 0;
        while let Some((pick, count)) = picks.pop() {
            if pick + 1 < count {
                picks.push((pick + 1, count));
                return true;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::Choices;

    #[test]
    fn every_sequence_of_choices_comes_once() {
        let mut choices = Choices::exhaustive();
        let mut seen = Vec::new();
        loop {
            let first = choices.pick(2);
            let second = if first == 0 { choices.pick(3) } else { 9 };
            seen.push((first, second));
            if !choices.advance() {
                break;
            }
        }
        assert_eq!(seen, [(0, 0), (0, 1), (0, 2), (1, 9)]);
    }

    #[test]
    fn a_seed_keeps_its_meaning() {
        let mut choices = Choices::seeded(7);
        let drawn: Vec<usize> = (0..6).map(|_| choices.pick(1_000)).collect();
        assert_eq!(drawn, Choices::seeded(7).draw(6));
        assert_ne!(drawn, Choices::seeded(8).draw(6));
    }

    impl Choices {
        fn draw(mut self, count: usize) -> Vec<usize> {
            (0..count).map(|_| self.pick(1_000)).collect()
        }
    }
}
