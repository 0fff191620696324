//! One signal that tells every part to stop.

use tokio::sync::watch;

/// The side that stops the process.
#[derive(Debug)]
pub struct Trigger {
    sender: watch::Sender<bool>,
}

/// The side that listens; clone it freely.
#[derive(Debug, Clone)]
pub struct Shutdown {
    receiver: watch::Receiver<bool>,
}

/// A fresh pair, not yet triggered.
pub fn channel() -> (Trigger, Shutdown) {
    let (sender, receiver) = watch::channel(false);
    (Trigger { sender }, Shutdown { receiver })
}

impl Trigger {
    /// Tells every listener to stop. Calling it again changes nothing.
    pub fn stop(&self) {
        self.sender.send_replace(true);
    }
}

impl Shutdown {
    /// Whether the process is stopping.
    pub fn is_stopping(&self) -> bool {
        *self.receiver.borrow()
    }

    /// Returns once the process is stopping; a dropped [`Trigger`] counts as that.
    pub async fn stopping(&mut self) {
        // An error means that the trigger is gone, and with it whoever could keep us running.
        let _ = self.receiver.wait_for(|stop| *stop).await;
    }
}
