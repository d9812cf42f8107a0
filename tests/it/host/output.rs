//! Reads what a process writes while it runs, so that tests can wait for a line instead of sleeping.

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::sync::watch;
use tokio::time::timeout;

use super::PATIENCE;

/// The lines of one output, as far as they have come.
#[derive(Debug)]
pub(crate) struct Lines {
    read: watch::Receiver<Read>,
    reading: tokio::task::AbortHandle,
}

#[derive(Debug, Default)]
struct Read {
    lines: Vec<String>,
    ended: bool,
}

impl Lines {
    /// Reads on until the output is closed, so that the process never waits for a reader.
    pub(super) fn read(output: impl AsyncRead + Unpin + Send + 'static) -> Self {
        let (sender, read) = watch::channel(Read::default());
        let reading = tokio::spawn(async move {
            let mut lines = BufReader::new(output).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                sender.send_modify(|read| read.lines.push(line));
            }
            sender.send_modify(|read| read.ended = true);
        });
        Self { read, reading: reading.abort_handle() }
    }

    /// Reads no more: who writes finds the output closed.
    pub(crate) fn close(&self) {
        self.reading.abort();
    }

    /// The first line that is `wanted`, as soon as it comes.
    pub(crate) async fn line(&mut self, wanted: impl Fn(&str) -> bool) -> String {
        let found = |read: &Read| read.lines.iter().find(|line| wanted(line)).cloned();
        let came =
            timeout(PATIENCE, self.read.wait_for(|read| read.ended || found(read).is_some()));
        let line = match came.await {
            Ok(read) => found(&read.unwrap()),
            Err(_) => None,
        };
        line.unwrap_or_else(|| panic!("the line did not come: {:#?}", self.so_far()))
    }

    /// Everything, once the output is closed.
    pub(crate) async fn all(&mut self) -> Vec<String> {
        let ended = timeout(PATIENCE, self.read.wait_for(|read| read.ended)).await;
        ended.unwrap().unwrap().lines.clone()
    }

    /// What has come until now.
    pub(crate) fn so_far(&self) -> Vec<String> {
        self.read.borrow().lines.clone()
    }
}
