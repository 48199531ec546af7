//! Names of objects in the bucket; no other file makes or reads one.
//!
//! Owns: the key scheme. Does not own: what is in an object, or who may write it.
//!
//! ```text
//! <prefix>/<cluster-id>/cluster.json
//! <prefix>/<cluster-id>/<2 hex>/<topic-id>/<partition>/<base offset, 20 digits>-<leader epoch>-<uuid>.seg
//! <prefix>/<cluster-id>/<2 hex>/<topic-id>/<partition>/<base offset, 20 digits>-<leader epoch>-<uuid>.page
//! ```
//! The two hexadecimal digits are a checksum of topic id and partition: they spread keys over the store's own ranges.
//! The offset is the one that was reserved, so an abandoned object's key follows from its reservation alone.

use object_store::path::Path;
use strata_compat::ids::{LeaderEpoch, Offset, PartitionId, TopicId, TopicIdPartition, Uuid, parse_uuid, uuid_text};
use strata_metadata_core::image::remote_segments::{AbandonedObject, PageReference, SegmentRow};

/// Which kind of object a key names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ObjectSuffix {
    /// A remote log segment, `.seg`.
    Segment,
    /// A page of rows, `.page`.
    Page,
}

impl ObjectSuffix {
    const fn text(self) -> &'static str {
        match self {
            Self::Segment => "seg",
            Self::Page => "page",
        }
    }
}

/// What the name of a segment or page object says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectName {
    /// The partition.
    pub partition: TopicIdPartition,
    /// Base offset as reserved.
    pub base_offset: Offset,
    /// Epoch of the leader that reserved it.
    pub leader_epoch: LeaderEpoch,
    /// Identity of the object.
    pub uuid: Uuid,
    /// Segment or page.
    pub suffix: ObjectSuffix,
}

/// What a listed key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParsedKey {
    /// `cluster.json`.
    ClusterFile,
    /// Something below `meta/`.
    Meta,
    /// A segment or a page.
    Object(ObjectName),
    /// In our folder, but not named by us.
    Unknown,
    /// Not in our folder.
    Outside,
}

/// Names the objects of one cluster in one bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectNames {
    prefix: String,
    cluster_id: String,
}

impl ObjectNames {
    /// Names below `prefix` (which may be empty) for the cluster.
    #[must_use]
    pub fn new(prefix: &str, cluster_id: &str) -> Self {
        Self { prefix: prefix.trim_matches('/').to_owned(), cluster_id: cluster_id.to_owned() }
    }

    /// The cluster whose objects these are.
    #[must_use]
    pub fn cluster_id(&self) -> &str {
        &self.cluster_id
    }

    fn cluster_folder(&self, cluster_id: &str) -> Path {
        Path::from(self.prefix.as_str()).join(cluster_id)
    }

    /// The cluster's own folder: all that is ours is below it.
    #[must_use]
    pub fn folder(&self) -> Path {
        self.cluster_folder(&self.cluster_id)
    }

    /// The file that says whose folder it is.
    #[must_use]
    pub fn cluster_file(&self) -> Path {
        self.folder().join("cluster.json")
    }

    fn partition_folder(&self, cluster_id: &str, partition: TopicIdPartition) -> Path {
        self.cluster_folder(cluster_id)
            .join(spread(partition))
            .join(uuid_text(partition.topic_id.0))
            .join(partition.partition.to_string())
    }

    fn object_in(&self, cluster_id: &str, name: &ObjectName) -> Path {
        self.partition_folder(cluster_id, name.partition).join(format!(
            "{:020}-{}-{}.{}",
            name.base_offset.0,
            name.leader_epoch,
            uuid_text(name.uuid),
            name.suffix.text()
        ))
    }

    /// Key of an object of this cluster.
    #[must_use]
    pub fn object(&self, name: &ObjectName) -> Path {
        self.object_in(&self.cluster_id, name)
    }

    /// Key of the segment that a row names, in the folder of the cluster that wrote it.
    #[must_use]
    pub fn segment(&self, partition: TopicIdPartition, row: &SegmentRow) -> Path {
        let name = ObjectName {
            partition,
            base_offset: row.object_base_offset,
            leader_epoch: row.leader_epoch,
            uuid: row.uuid,
            suffix: ObjectSuffix::Segment,
        };
        self.object_in(row.origin_cluster.as_deref().unwrap_or(&self.cluster_id), &name)
    }

    /// Key of a page, in the folder of the cluster that wrote it.
    #[must_use]
    pub fn page(&self, partition: TopicIdPartition, page: &PageReference) -> Path {
        let name = ObjectName {
            partition,
            base_offset: page.base_offset,
            leader_epoch: page.leader_epoch,
            uuid: page.uuid,
            suffix: ObjectSuffix::Page,
        };
        self.object_in(page.origin_cluster.as_deref().unwrap_or(&self.cluster_id), &name)
    }

    /// Key of an object that will never be committed.
    #[must_use]
    pub fn abandoned(&self, partition: TopicIdPartition, object: &AbandonedObject) -> Path {
        self.object(&ObjectName {
            partition,
            base_offset: object.base_offset,
            leader_epoch: object.leader_epoch,
            uuid: object.uuid,
            suffix: if object.is_page { ObjectSuffix::Page } else { ObjectSuffix::Segment },
        })
    }

    /// What a listed key is; only a key that we would make ourselves is an object.
    #[must_use]
    pub fn parse(&self, key: &Path) -> ParsedKey {
        let folder = self.folder();
        let Some(parts) = key.prefix_match(&folder) else {
            return ParsedKey::Outside;
        };
        let parts: Vec<String> = parts.map(|part| part.as_ref().to_owned()).take(5).collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        match parts.as_slice() {
            ["cluster.json"] => ParsedKey::ClusterFile,
            ["meta", ..] => ParsedKey::Meta,
            [_, topic_id, partition, file] => {
                let name = parse_name(topic_id, partition, file);
                name.filter(|name| self.object(name) == *key).map_or(ParsedKey::Unknown, ParsedKey::Object)
            }
            _ => ParsedKey::Unknown,
        }
    }
}

fn spread(partition: TopicIdPartition) -> String {
    let checksum =
        crc32c::crc32c_append(crc32c::crc32c(partition.topic_id.0.as_bytes()), &partition.partition.0.to_be_bytes());
    format!("{:02x}", checksum & 0xff)
}

fn parse_name(topic_id: &str, partition: &str, file: &str) -> Option<ObjectName> {
    let (stem, suffix) = file.rsplit_once('.')?;
    let suffix = match suffix {
        "seg" => ObjectSuffix::Segment,
        "page" => ObjectSuffix::Page,
        _ => return None,
    };
    let mut fields = stem.splitn(3, '-');
    let base_offset = Offset(fields.next()?.parse().ok()?);
    let leader_epoch = LeaderEpoch(fields.next()?.parse().ok()?);
    let uuid = parse_uuid(fields.next()?)?;
    let topic_id = TopicId(parse_uuid(topic_id)?);
    let partition = TopicIdPartition { topic_id, partition: PartitionId(partition.parse().ok()?) };
    Some(ObjectName { partition, base_offset, leader_epoch, uuid, suffix })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(suffix: ObjectSuffix) -> ObjectName {
        ObjectName {
            partition: TopicIdPartition {
                topic_id: TopicId(Uuid::from_u128(0xfbff_ffff_ffff_ffff_ffff_ffff_ffff_fffb)),
                partition: PartitionId(3),
            },
            base_offset: Offset(42),
            leader_epoch: LeaderEpoch(7),
            uuid: Uuid::from_u128(0xfbef_beff_ffff_ffff_ffff_ffff_ffff_fffe),
            suffix,
        }
    }

    #[test]
    fn keys_follow_the_scheme_and_are_read_back() {
        for prefix in ["", "a", "/a/b/"] {
            let names = ObjectNames::new(prefix, "cluster-1");
            for suffix in [ObjectSuffix::Segment, ObjectSuffix::Page] {
                let key = names.object(&name(suffix));
                assert!(key.as_ref().contains("cluster-1/"), "{key}");
                assert!(key.as_ref().contains("/3/00000000000000000042-7-"), "{key}");
                assert_eq!(names.parse(&key), ParsedKey::Object(name(suffix)));
            }
            assert_eq!(names.parse(&names.cluster_file()), ParsedKey::ClusterFile);
            assert_eq!(names.parse(&names.folder().join("meta").join("image")), ParsedKey::Meta);
        }
    }

    #[test]
    fn what_we_would_not_name_so_is_unknown_or_outside() {
        let names = ObjectNames::new("p", "c");
        let good = names.object(&name(ObjectSuffix::Segment)).to_string();
        let padded = Path::from(good.replace("00000000000000000042", "42"));
        assert_eq!(names.parse(&padded), ParsedKey::Unknown);
        assert_eq!(names.parse(&Path::from("p/c/zz/x/y/z.seg")), ParsedKey::Unknown);
        assert_eq!(names.parse(&Path::from("p/c/one/two/three/four/five/six")), ParsedKey::Unknown);
        assert_eq!(names.parse(&Path::from("p/other/cluster.json")), ParsedKey::Outside);
    }
}
