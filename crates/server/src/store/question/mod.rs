//! Questions about calls, answered from the columns in memory. No question reads the file.
//!
//! | file | what |
//! |---|---|
//! | `until` | how long a question may take |
//! | `filter` | the calls that a question is about |
//! | `dimension` | the properties by which calls are grouped and filtered |
//! | `number` | the numbers by which calls are filtered, sorted and compared |
//! | `rollup` | segments summed up by a few properties |
//! | `scan` | one pass over the rows that meet a filter |
//! | `bins` | time buckets |
//! | `quantiles` | quantiles in bounded memory |
//! | `measures` | counts, sums and distributions |
//! | `sizes` | the number of calls of each group |
//! | `slots` | the group of each row |
//! | `cells` | measures by group and time bucket, while they are collected |
//! | `breakdown` | measures by time and by group |
//! | `spread` | the mean and the spread of numbers, by group |
//! | `tally` | one measure of every group |
//! | `facets` | what there is to filter by |
//! | `page` | a page of calls, in order |
//! | `places` | all calls that meet a filter |

mod bins;
mod breakdown;
mod cells;
mod dimension;
mod facets;
mod filter;
mod measures;
mod number;
mod page;
mod places;
mod quantiles;
mod rollup;
mod scan;
mod sizes;
mod slots;
mod spread;
mod tally;
mod until;

pub(crate) use breakdown::{
    Breakdown, By, Groups, Key, Largest, Series, Which, breakdown, breakdowns, largest_groups,
};
pub(crate) use dimension::Dimension;
pub(crate) use facets::{attributes, counts, distinct, starts, streams};
pub(crate) use filter::{Filter, Range};
pub(crate) use measures::Measures;
pub(crate) use number::Number;
pub(crate) use page::{Column, Order, page};
pub(crate) use places::places;
pub(crate) use spread::{Quantity, Spread, Spreads, spread};
pub(crate) use tally::{Tallied, Tally, tallies};
pub(crate) use until::{Late, Until};

#[cfg(test)]
mod tests;
