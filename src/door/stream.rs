//! A connection with deadlines: for the head of each request, for its body, for the silence between two
//! requests, and for a client that does not read its answer.

use super::framing::{Framing, Head};
use super::places::{ConnectionPlace, Taken};
use crate::http::{LONGEST_BODY_TIME, ProblemKind};
use actix_web::rt::net::TcpStream;
use actix_web::web::BytesMut;
use std::future::Future;
use std::io::{Error, ErrorKind, Result};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

/// From the first byte of a head to its last.
const HEAD_TIME: Duration = Duration::from_secs(5);
/// From the connection to the first byte of its first request.
const FIRST_TIME: Duration = Duration::from_secs(10);
/// From an answer to the first byte of the next request.
const IDLE_TIME: Duration = Duration::from_secs(75);
/// For a body that nobody reads. Whoever reads one gives up earlier, with an answer.
const BODY_TIME: Duration = LONGEST_BODY_TIME.saturating_add(Duration::from_secs(5));
/// For a client that takes nothing of its answer. Any byte that it takes begins the time anew.
const STALL_TIME: Duration = Duration::from_mins(1);
/// For a client that is still sending what was refused; closing at once could take the answer with it.
const PARTING_TIME: Duration = Duration::from_secs(2);
/// Bytes that are read at once where a head may begin.
const READ: usize = 4 * 1024;

/// Writes the answer to what was refused: what it is, and is it for a HEAD?
pub(super) type Refuse = Rc<dyn Fn(ProblemKind, bool) -> Vec<u8>>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Parting {
    /// Not yet.
    Not,
    /// The answer to what was refused is being written; so much of it is.
    Saying(usize),
    /// All is said. The client may still be sending.
    Listening(Instant),
}

/// The connection.
pub(super) struct Watched {
    io: TcpStream,
    place: Taken,
    refuse: Refuse,
    framing: Framing,
    /// Read, and not yet handed on. The first `ready` bytes may be.
    pending: BytesMut,
    ready: usize,
    /// Is there something behind those that was not looked at?
    unsorted: bool,
    /// When the first byte of the present head came, or its last one where a body follows.
    begun: Instant,
    is_first: bool,
    /// Nothing more will be handed on.
    ended: bool,
    refusal: Vec<u8>,
    parting: Parting,
    timer: Pin<Box<Sleep>>,
}

impl Watched {
    pub(super) fn new(io: TcpStream, place: Taken, refuse: Refuse) -> Self {
        let now = Instant::now();
        Self {
            io,
            place,
            refuse,
            framing: Framing::new(),
            pending: BytesMut::new(),
            ready: 0,
            unsorted: false,
            begun: now,
            is_first: true,
            ended: false,
            refusal: Vec::new(),
            parting: Parting::Not,
            timer: Box::pin(sleep_until(now + FIRST_TIME)),
        }
    }

    /// The place it has.
    pub(super) fn place(&self) -> Rc<ConnectionPlace> {
        Rc::clone(&self.place)
    }

    /// Ends the reading; the answer is written when those before it are.
    fn refuse(&mut self, kind: ProblemKind) {
        self.refusal = (self.refuse)(kind, self.pending.starts_with(b"HEAD "));
        self.ended = true;
    }

    /// By when something must have come.
    fn deadline(&self) -> Instant {
        if !self.framing.is_at_head() {
            self.begun + BODY_TIME
        } else if !self.pending.is_empty() {
            self.begun + HEAD_TIME
        } else if self.is_first {
            self.begun + FIRST_TIME
        } else {
            self.place.since() + IDLE_TIME
        }
    }

    /// What to do when it has not.
    fn expire(&mut self, now: Instant) {
        let is_idle = self.framing.is_at_head() && self.pending.is_empty();
        if is_idle && self.place.is_answering() {
            self.place.touch(now);
        } else if self.framing.is_at_head() && !is_idle {
            self.refuse(ProblemKind::RequestTimeout);
        } else {
            // A silent client is told nothing, and whoever reads a body has said it.
            self.ended = true;
        }
    }

    /// Sees how much of what was read may be handed on.
    fn sort(&mut self) {
        if self.framing.is_at_head() {
            match self.framing.head(&self.pending) {
                Head::Partial => {}
                Head::Whole(length) => {
                    self.ready = length;
                    self.is_first = false;
                    self.begun = Instant::now();
                }
                Head::Refused(kind) => self.refuse(kind),
            }
        } else {
            match self.framing.body(&self.pending) {
                Ok(length) => {
                    self.ready = length;
                    self.begun_anew(length);
                }
                // Whoever reads it sees it end too early.
                Err(_) => self.ended = true,
            }
        }
    }

    /// The time of a head begins with its first byte, which may have come with the body before it.
    fn begun_anew(&mut self, passed: usize) {
        if self.framing.is_at_head() && self.pending.len() > passed {
            self.begun = Instant::now();
        }
    }

    /// Hands on what may be.
    fn hand_on(&mut self, into: &mut ReadBuf<'_>) {
        let bytes = self.pending.split_to(self.ready.min(into.remaining()));
        self.ready -= bytes.len();
        self.unsorted = self.ready == 0 && !self.pending.is_empty();
        into.put_slice(&bytes);
    }

    /// Reads from the socket to `pending`: how many bytes, 0 at the end.
    fn poll_fill(&mut self, context: &mut Context<'_>) -> Poll<Result<usize>> {
        loop {
            ready!(self.io.poll_read_ready(context))?;
            self.pending.reserve(READ);
            match self.io.try_read_buf(&mut self.pending) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                read => return Poll::Ready(read),
            }
        }
    }

    /// Reads the middle of a body straight to where it goes.
    fn poll_through(
        &mut self,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<Result<usize>> {
        let before = into.filled().len();
        ready!(Pin::new(&mut self.io).poll_read(context, into))?;
        let read = into.filled().len() - before;
        self.framing.skip(read as u64);
        Poll::Ready(Ok(read))
    }

    /// Waits until then. The timer is only moved when it must ring earlier, or has rung.
    fn poll_wait(&mut self, context: &mut Context<'_>, until: Instant) -> Poll<()> {
        if Instant::now() >= until {
            return Poll::Ready(());
        }
        if self.timer.deadline() > until || self.timer.is_elapsed() {
            self.timer.as_mut().reset(until);
        }
        while self.timer.as_mut().poll(context).is_ready() {
            if Instant::now() >= until {
                return Poll::Ready(());
            }
            self.timer.as_mut().reset(until);
        }
        Poll::Pending
    }

    /// Writes, but not to a client that has stopped reading.
    fn poll_say(&mut self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(context, bytes);
        self.place.block(written.is_pending());
        if written.is_ready() {
            self.place.touch(Instant::now());
            return written;
        }
        ready!(self.poll_wait(context, self.place.since() + STALL_TIME));
        Poll::Ready(Err(ErrorKind::TimedOut.into()))
    }

    /// Says what there is to say, closes its own side, and hears the client out for a while.
    fn poll_part(&mut self, context: &mut Context<'_>) -> Poll<Result<()>> {
        loop {
            match self.parting {
                Parting::Not if self.place.is_lost() => return Poll::Ready(Ok(())),
                Parting::Not if self.refusal.is_empty() => {
                    return Pin::new(&mut self.io).poll_shutdown(context);
                }
                Parting::Not => self.parting = Parting::Saying(0),
                Parting::Saying(said) if said < self.refusal.len() => {
                    let refusal = std::mem::take(&mut self.refusal);
                    let written = self.poll_say(context, refusal.get(said..).unwrap_or_default());
                    self.refusal = refusal;
                    self.parting = Parting::Saying(said + ready!(written)?);
                }
                Parting::Saying(_) => {
                    ready!(Pin::new(&mut self.io).poll_shutdown(context))?;
                    self.parting = Parting::Listening(Instant::now() + PARTING_TIME);
                }
                Parting::Listening(until) => {
                    self.pending.clear();
                    match self.poll_fill(context) {
                        Poll::Ready(Ok(1..)) if Instant::now() < until => {}
                        Poll::Ready(_) => return Poll::Ready(Ok(())),
                        Poll::Pending => {
                            ready!(self.poll_wait(context, until));
                            return Poll::Ready(Ok(()));
                        }
                    }
                }
            }
        }
    }
}

/// The library takes a reset right behind a request for a client that only stopped sending, and would
/// go on with what nobody waits for any more.
fn cut_off(error: Error) -> Error {
    match error.kind() {
        ErrorKind::ConnectionReset => Error::new(ErrorKind::ConnectionAborted, error),
        _ => error,
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        let this = self.get_mut();
        loop {
            if this.ready > 0 {
                this.hand_on(into);
                return Poll::Ready(Ok(()));
            }
            if this.ended || this.place.is_lost() || into.remaining() == 0 {
                return Poll::Ready(Ok(()));
            }
            if std::mem::take(&mut this.unsorted) {
                this.sort();
                continue;
            }
            let through = this.pending.is_empty() && this.framing.sure() >= into.remaining() as u64;
            let read = if through {
                this.poll_through(context, into)
            } else {
                let was_empty = this.pending.is_empty();
                let read = this.poll_fill(context);
                if was_empty && this.framing.is_at_head() && matches!(read, Poll::Ready(Ok(1..))) {
                    this.begun = Instant::now();
                }
                read
            };
            match read {
                Poll::Ready(read) => {
                    this.ended = read.map_err(cut_off)? == 0;
                    this.unsorted = !through && !this.ended;
                    this.place.touch(Instant::now());
                    if through {
                        return Poll::Ready(Ok(()));
                    }
                }
                Poll::Pending => {
                    this.place.watch(context);
                    let deadline = this.deadline();
                    ready!(this.poll_wait(context, deadline));
                    this.expire(Instant::now());
                }
            }
        }
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize>> {
        let this = self.get_mut();
        if this.place.is_lost() {
            return Poll::Ready(Err(Error::from(ErrorKind::ConnectionAborted)));
        }
        this.poll_say(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        self.get_mut().poll_part(context)
    }
}
