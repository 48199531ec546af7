//! What was acknowledged of a topic's partitions, and the proof that the broker took just that.

use anyhow::{Context as _, Result, ensure};

/// What was acknowledged on one partition.
#[derive(Clone, Copy, Debug, Default)]
struct Partition {
    batches: i128,
    sum_of_bases: i128,
}

/// What was acknowledged on all partitions, in batches of one size.
#[derive(Debug)]
pub(crate) struct Acked {
    partitions: Vec<Partition>,
    batch_records: i128,
}

impl Acked {
    pub(crate) fn new(partitions: u32, batch_records: u32) -> Self {
        let partitions = vec![Partition::default(); partitions as usize];
        Self { partitions, batch_records: i128::from(batch_records) }
    }

    /// A batch of a partition is acknowledged at a base offset.
    pub(crate) fn take(&mut self, partition: i32, base: i64) -> Result<()> {
        let one = self.partitions.get_mut(usize::try_from(partition)?);
        let one = one.context("an answer about a foreign partition")?;
        one.batches += 1;
        one.sum_of_bases += i128::from(base);
        Ok(())
    }

    /// Every partition grew by what was acknowledged, and each base offset was given once: their sum is that of a row
    /// without gaps.
    pub(crate) fn check(&self, before: &[i64], after: &[i64]) -> Result<()> {
        let records = self.batch_records;
        for (partition, acked) in self.partitions.iter().enumerate() {
            let (from, to) = (i128::from(before[partition]), i128::from(after[partition]));
            ensure!(
                to - from == acked.batches * records,
                "partition {partition} went from offset {from} to {to} by {} batches of {records} records",
                acked.batches
            );
            let wanted = acked.batches * from + records * acked.batches * (acked.batches - 1).max(0) / 2;
            ensure!(acked.sum_of_bases == wanted, "partition {partition} gave offsets that are not one after another");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Acked;

    #[test]
    fn only_offsets_one_after_another_pass() {
        for (bases, after, is_right) in [
            (vec![5, 8, 11], 14, true),
            (vec![8, 5, 11], 14, true),
            (vec![5, 8], 14, false),
            (vec![5, 8, 8], 14, false),
            (vec![5, 8, 12], 14, false),
        ] {
            let mut acked = Acked::new(2, 3);
            for base in &bases {
                acked.take(1, *base).unwrap();
            }
            assert_eq!(acked.check(&[7, 5], &[7, after]).is_ok(), is_right, "{bases:?}");
        }
        assert!(Acked::new(2, 3).take(2, 0).is_err());
    }
}
