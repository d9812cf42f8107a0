//! The socket that only the user who runs Terraform can reach; knows nothing of who connects.

use std::io;

use super::handshake::{Address, Environment};

#[cfg(unix)]
pub(super) use unix::{Listener, Socket};
#[cfg(windows)]
pub(super) use windows::{Listener, Socket};

#[cfg(unix)]
mod unix {
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use tempfile::TempDir;
    use tokio::net::UnixListener;
    use tracing::debug;

    use super::{Address, Environment, io};

    /// A connection as the system hands it out.
    pub(crate) use tokio::net::UnixStream as Socket;

    /// `sun_path` holds 104 bytes on macOS and 108 on Linux, the closing zero included.
    const LONGEST_PATH: usize = 100;
    /// Short, since the temporary directory of macOS takes half of the path.
    const PREFIX: &str = "tf-intune-";
    const NAME: &str = "socket";
    const OWNER_ONLY_DIRECTORY: u32 = 0o700;
    const OWNER_ONLY_SOCKET: u32 = 0o600;

    /// A socket in a directory of its own. Both go when it is dropped.
    pub(crate) struct Listener {
        socket: UnixListener,
        address: Address,
        _directory: TempDir,
    }

    impl Listener {
        /// Listens in the first directory that can hold the socket.
        pub(crate) fn bind(environment: &Environment) -> io::Result<Self> {
            let mut failure = None;
            for parent in environment.socket_directories() {
                match Self::bind_in(parent) {
                    Ok(listener) => return Ok(listener),
                    Err(error) => {
                        debug!(directory = %parent.display(), %error, "no place for the socket");
                        failure = Some(error);
                    }
                }
            }
            Err(failure.unwrap_or_else(|| io::ErrorKind::NotFound.into()))
        }

        /// Where it listens.
        pub(crate) fn address(&self) -> &Address {
            &self.address
        }

        /// The next connection.
        pub(crate) async fn accept(&self) -> io::Result<Socket> {
            self.socket.accept().await.map(|(socket, _)| socket)
        }

        /// The directory is closed to others before the socket exists in it, and modes are set
        /// explicitly, so that no umask matters at any moment.
        pub(super) fn bind_in(parent: &Path) -> io::Result<Self> {
            let parent = std::path::absolute(parent)?;
            let directory = tempfile::Builder::new()
                .prefix(PREFIX)
                .permissions(Permissions::from_mode(OWNER_ONLY_DIRECTORY))
                .tempdir_in(&parent)
                .map_err(|error| named(error, &parent))?;
            set_permissions(directory.path(), Permissions::from_mode(OWNER_ONLY_DIRECTORY))?;

            let path = directory.path().join(NAME);
            let place = announceable(&path)?;
            let socket = UnixListener::bind(&path).map_err(|error| named(error, &path))?;
            set_permissions(&path, Permissions::from_mode(OWNER_ONLY_SOCKET))?;
            let address = Address { network: "unix", place };
            Ok(Self { socket, address, _directory: directory })
        }
    }

    /// The path as text, when the system can bind it and the handshake line can carry it.
    fn announceable(path: &Path) -> io::Result<String> {
        let refused = |why: &str| {
            let text = format!("{}: the path {why}", path.display());
            Err(io::Error::new(io::ErrorKind::InvalidFilename, text))
        };
        match path.to_str() {
            None => refused("is not UTF-8"),
            Some(text) if text.contains(['|', '\n', '\r']) => refused("would break the handshake"),
            Some(text) if text.len() > LONGEST_PATH => refused("is too long for a socket"),
            Some(text) => Ok(text.to_owned()),
        }
    }

    fn named(error: io::Error, path: &Path) -> io::Error {
        io::Error::new(error.kind(), format!("{}: {error}", path.display()))
    }
}

#[cfg(windows)]
mod windows {
    use std::net::{Ipv4Addr, SocketAddr, TcpListener as Blocking};

    use tokio::net::TcpListener;

    use super::{Address, Environment, io};

    /// A connection as the system hands it out.
    pub(crate) use tokio::net::TcpStream as Socket;

    /// A port that this machine alone can reach. Mutual TLS keeps its other users out.
    pub(crate) struct Listener {
        socket: TcpListener,
        address: Address,
    }

    impl Listener {
        /// Listens on the first free port of those that Terraform allows.
        pub(crate) fn bind(environment: &Environment) -> io::Result<Self> {
            let mut failure = None;
            for port in environment.ports() {
                match Self::bind_to(SocketAddr::from((Ipv4Addr::LOCALHOST, port))) {
                    Ok(listener) => return Ok(listener),
                    Err(error) => failure = Some(error),
                }
            }
            Err(failure.unwrap_or_else(|| io::ErrorKind::AddrNotAvailable.into()))
        }

        /// Where it listens.
        pub(crate) fn address(&self) -> &Address {
            &self.address
        }

        /// The next connection. Without `nodelay` every small answer waits 40 ms.
        pub(crate) async fn accept(&self) -> io::Result<Socket> {
            let (socket, _) = self.socket.accept().await?;
            socket.set_nodelay(true)?;
            Ok(socket)
        }

        fn bind_to(address: SocketAddr) -> io::Result<Self> {
            let socket = Blocking::bind(address)?;
            socket.set_nonblocking(true)?;
            Ok(Self {
                socket: TcpListener::from_std(socket)?,
                address: Address { network: "tcp", place: address.to_string() },
            })
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use std::fs;
    use std::path::Path;

    use super::*;

    fn told(directory: &Path) -> Environment {
        Environment::read(|name| (name == "TMPDIR").then(|| directory.into()))
    }

    #[tokio::test]
    async fn a_missing_temporary_directory_falls_back_to_tmp() {
        let listener = Listener::bind(&told(Path::new("/no/such/directory"))).unwrap();
        assert!(listener.address().place.starts_with("/tmp/"), "{:?}", listener.address());
    }

    #[tokio::test]
    async fn a_long_temporary_directory_falls_back_to_tmp_and_stays_clean() {
        let parent = tempfile::tempdir().unwrap();
        let long = parent.path().join("x".repeat(90));
        fs::create_dir(&long).unwrap();
        let listener = Listener::bind(&told(&long)).unwrap();
        assert!(listener.address().place.len() <= 100);
        assert_eq!(fs::read_dir(&long).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn a_path_that_would_break_the_handshake_line_is_not_used() {
        let parent = tempfile::tempdir().unwrap();
        let odd = parent.path().join("a|b");
        fs::create_dir(&odd).unwrap();
        let listener = Listener::bind(&told(&odd)).unwrap();
        assert!(!listener.address().place.contains('|'));
    }

    #[tokio::test]
    async fn the_directory_that_the_host_names_comes_first() {
        let named = tempfile::tempdir().unwrap();
        let environment = Environment::read(|name| match name {
            "PLUGIN_UNIX_SOCKET_DIR" => Some(named.path().into()),
            "TMPDIR" => Some("/tmp".into()),
            _ => None,
        });
        let listener = Listener::bind(&environment).unwrap();
        assert!(Path::new(&listener.address().place).starts_with(named.path()));
    }

    #[tokio::test]
    async fn dropping_it_removes_socket_and_directory() {
        let parent = tempfile::tempdir().unwrap();
        let listener = Listener::bind(&told(parent.path())).unwrap();
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 1);
        drop(listener);
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    }
}
