//! `health`: asks a running server over plain HTTP whether it is ready.

use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(3);

/// Asks `address` (host and port).
///
/// # Errors
/// One sentence: nobody listens there, or the server is not ready.
pub fn ask(address: &str) -> Result<(), String> {
    // A server that listens everywhere is asked on this machine.
    let address = address.replace("0.0.0.0:", "127.0.0.1:");
    let unreachable = |e: &dyn std::fmt::Display| format!("no answer from {address}: {e}");
    let socket = address
        .to_socket_addrs()
        .map_err(|e| unreachable(&e))?
        .next()
        .ok_or_else(|| unreachable(&"no such host"))?;
    let mut stream = TcpStream::connect_timeout(&socket, PATIENCE).map_err(|e| unreachable(&e))?;
    stream.set_read_timeout(Some(PATIENCE)).map_err(|e| unreachable(&e))?;
    let request = format!("GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).map_err(|e| unreachable(&e))?;
    let mut start = [0; 12];
    stream.read_exact(&mut start).map_err(|e| unreachable(&e))?;
    if start.ends_with(b" 200") { Ok(()) } else { Err("the server is not ready".into()) }
}
