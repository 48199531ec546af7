//! A directory as bytes in memory: read once, written into a fresh directory for each case.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::harm::{Chance, Harm};

/// Files by their path below the directory.
pub(crate) type Tree = BTreeMap<PathBuf, Vec<u8>>;

/// All files below `root`.
pub(crate) fn read_tree(root: &Path) -> Result<Tree> {
    let mut tree = Tree::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                tree.insert(path.strip_prefix(root)?.to_owned(), fs::read(&path)?);
            }
        }
    }
    Ok(tree)
}

/// Writes all files below `root`.
pub(crate) fn write_tree(root: &Path, tree: &Tree) -> Result<()> {
    for (path, bytes) in tree {
        let path = root.join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&path, bytes).with_context(|| path.display().to_string())?;
    }
    Ok(())
}

/// A damaged tree: what was done, and which files were hit.
pub(crate) struct Damaged {
    pub(crate) tree: Tree,
    pub(crate) harm: Harm,
    pub(crate) what: String,
    pub(crate) files: Vec<PathBuf>,
}

/// Damages one of the files that `wanted` chooses. `old` is an earlier state of the same directory. A harm that cannot be done
/// here (nothing to swap with, no older copy, no bytes) becomes another one.
pub(crate) fn damage(tree: &Tree, old: &Tree, wanted: impl Fn(&Path) -> bool, chance: &mut Chance) -> Option<Damaged> {
    let files: Vec<&PathBuf> = tree.keys().filter(|path| wanted(path)).collect();
    let path = (*chance.pick(&files)?).clone();
    let bytes = tree.get(&path)?.clone();
    let mut harm = *chance.pick(&Harm::ALL)?;
    let others: Vec<&PathBuf> = files.iter().copied().filter(|other| tree.get(*other) != Some(&bytes)).collect();
    let other = chance.pick(&others).map(|other| (*other).clone());
    let older = old.get(&path).filter(|older| **older != bytes);
    harm = match harm {
        Harm::Swap if other.is_none() => Harm::FlipBit,
        Harm::OldCopy if older.is_none() => Harm::ZeroSector,
        harm => harm,
    };
    if bytes.is_empty() && harm != Harm::Swap && harm != Harm::Delete {
        harm = Harm::Garbage;
    }
    let mut damaged = Damaged { tree: tree.clone(), harm, what: String::new(), files: vec![path.clone()] };
    let done = match (harm, other, older) {
        (Harm::Delete, _, _) => {
            damaged.tree.remove(&path);
            "deleted".to_owned()
        }
        (Harm::Swap, Some(other), _) => {
            let theirs = tree.get(&other)?.clone();
            damaged.tree.insert(path.clone(), theirs);
            damaged.tree.insert(other.clone(), bytes);
            let done = format!("swapped with {}", other.display());
            damaged.files.push(other);
            done
        }
        (Harm::OldCopy, _, Some(older)) => {
            damaged.tree.insert(path.clone(), older.clone());
            format!("an old copy of {} bytes put back", older.len())
        }
        (harm, _, _) => {
            let mut bytes = bytes;
            let done = harm.strike(&mut bytes, chance);
            damaged.tree.insert(path.clone(), bytes);
            done
        }
    };
    damaged.what = format!("{}: {done}", path.display());
    Some(damaged)
}
