//! One listener: accepts connections within the limits and serves each on a task of its own.
//!
//! Owns: the bound socket and its connections' tasks. Stopping it lets answers under way go out.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

use crate::net::connection::{self, Budgets, ConnectionSettings, Dispatch};
use crate::net::limits::ConnectionLimits;
use crate::request::context::{ConnectionInfo, Principal};

/// Pause after the kernel refused a connection (no descriptors left), so that the loop does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What all listeners share.
pub(crate) struct Shared<D> {
    pub(crate) dispatch: Arc<D>,
    pub(crate) settings: Arc<ConnectionSettings>,
    pub(crate) budgets: Budgets,
    pub(crate) limits: ConnectionLimits,
    pub(crate) connection_ids: AtomicU64,
    pub(crate) stop: watch::Receiver<bool>,
    pub(crate) tasks: TaskTracker,
}

/// Accepts until the broker stops.
pub(crate) async fn accept<D: Dispatch>(listener: TcpListener, name: Arc<str>, shared: Arc<Shared<D>>) {
    let mut stop = shared.stop.clone();
    loop {
        let accepted = tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => serve(stream, peer, &name, &shared),
            Err(error) => {
                tracing::warn!(listener = %name, %error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

fn serve<D: Dispatch>(stream: TcpStream, peer: SocketAddr, name: &Arc<str>, shared: &Arc<Shared<D>>) {
    let permit = match shared.limits.admit(peer.ip()) {
        Ok(permit) => permit,
        Err(limit) => {
            tracing::warn!(%peer, listener = %name, limit, "connection refused: a limit is reached");
            shared.dispatch.refused();
            return;
        }
    };
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%peer, %error, "TCP_NODELAY was refused");
    }
    shared.dispatch.opened();
    let info = Arc::new(ConnectionInfo {
        id: shared.connection_ids.fetch_add(1, Ordering::Relaxed),
        listener: Arc::clone(name),
        peer,
        principal: Principal::anonymous(),
    });
    let shared_for_task = Arc::clone(shared);
    shared.tasks.spawn(async move {
        let shared = shared_for_task;
        connection::serve(
            stream,
            info,
            Arc::clone(&shared.dispatch),
            Arc::clone(&shared.settings),
            shared.budgets.clone(),
            shared.stop.clone(),
        )
        .await;
        drop(permit);
    });
}
