//! What administrators see of a group, and how they delete it.
//!
//! Owns: ListGroups, DescribeGroups and DeleteGroups of one group. Does not own: authorization.

use strata_compat::error_code::ErrorCode;
use strata_compat::messages::consumer_offsets::GroupMetadataKey;
use strata_compat::messages::describe_groups::DescribedGroup;
use strata_compat::messages::list_groups::ListedGroup;
use strata_compat::wire::KString;

use super::{Group, GroupState};
use crate::group::record::group_record;
use crate::group::{CoordinatorRecord, RequestContext};

/// Kafka's name of groups of this kind.
const CLASSIC_TYPE: &str = "classic";
/// First version that tells of a group which does not exist by an error.
const GROUP_ID_NOT_FOUND_VERSION: i16 = 6;

/// Whether a group passes the filters of ListGroups; letters may be of either case, an empty filter takes all.
pub(crate) fn matches_filters(group: &Group, states: &[KString], types: &[KString]) -> bool {
    let state = group.classic.state().name();
    let in_state = states.is_empty() || states.iter().any(|wanted| wanted.trim().eq_ignore_ascii_case(state));
    let of_type = types.is_empty() || types.iter().any(|wanted| wanted.trim().eq_ignore_ascii_case(CLASSIC_TYPE));
    in_state && of_type
}

/// A group's line in ListGroups.
pub(crate) fn list(id: &KString, group: &Group) -> ListedGroup {
    ListedGroup {
        group_id: id.clone(),
        protocol_type: group.classic.protocol_type().cloned().unwrap_or_default(),
        group_state: KString::from_static(group.classic.state().name()),
        group_type: KString::from_static(CLASSIC_TYPE),
    }
}

/// A group in DescribeGroups.
pub(crate) fn describe(id: &KString, group: &Group) -> DescribedGroup {
    let (protocol, members) = group.classic.describe();
    DescribedGroup {
        group_id: id.clone(),
        group_state: KString::from_static(group.classic.state().name()),
        protocol_type: group.classic.protocol_type().cloned().unwrap_or_default(),
        protocol_data: protocol,
        members,
        ..DescribedGroup::default()
    }
}

/// A group that does not exist, in DescribeGroups.
pub(crate) fn describe_unknown(id: &KString, context: &RequestContext) -> DescribedGroup {
    let unknown = DescribedGroup {
        group_id: id.clone(),
        group_state: KString::from_static(GroupState::DEAD_NAME),
        ..DescribedGroup::default()
    };
    if context.api_version < GROUP_ID_NOT_FOUND_VERSION {
        return unknown;
    }
    DescribedGroup {
        error_code: ErrorCode::GroupIdNotFound.code(),
        error_message: Some(format!("Group {id} not found.").into()),
        ..unknown
    }
}

/// Tombstones of a group without members and of all its offsets, its own last: while it stands, the rest can be deleted again.
pub(crate) fn delete(id: &KString, group: Option<&Group>) -> Result<Vec<CoordinatorRecord>, ErrorCode> {
    let group = group.ok_or(ErrorCode::GroupIdNotFound)?;
    match group.classic.state() {
        GroupState::Empty => {}
        GroupState::PreparingRebalance | GroupState::CompletingRebalance | GroupState::Stable => {
            return Err(ErrorCode::NonEmptyGroup);
        }
    }
    let mut records = group.offsets.tombstones(id, |_, _| true);
    let key = GroupMetadataKey { group: id.clone() };
    records.extend(group_record(&key, None).ok());
    Ok(records)
}
