//! A connection that costs the measuring process little.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;

pub(crate) struct Connection {
    address: String,
    stream: BufReader<TcpStream>,
}

impl Connection {
    pub(crate) fn open(address: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            address: address.to_owned(),
            stream: BufReader::new(stream),
        }
    }

    /// Sends a request and waits for its answer, whatever it is.
    pub(crate) fn ask(&mut self, path: &str) {
        let head = format!("GET {path} HTTP/1.1\r\nhost: {}\r\n\r\n", self.address);
        self.stream.get_mut().write_all(head.as_bytes()).unwrap();
        self.stream.read_line(&mut String::new()).unwrap();
    }

    /// Sends a request and returns the status of its answer, which is not read; 0 if there is none.
    pub(crate) fn status(&mut self, path: &str) -> u16 {
        let head = format!(
            "GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n",
            self.address
        );
        let mut answer = String::new();
        let sent = self.stream.get_mut().write_all(head.as_bytes());
        let read = sent.and_then(|()| self.stream.read_to_string(&mut answer));
        let status = answer.split(' ').nth(1).filter(|_| read.is_ok());
        status.map_or(0, |status| status.parse().unwrap())
    }

    /// Sends a request and returns the bytes of its answer, which must be a success.
    pub(crate) fn get(&mut self, path: &str) -> usize {
        let head = format!("GET {path} HTTP/1.1\r\nhost: {}\r\n\r\n", self.address);
        self.stream.get_mut().write_all(head.as_bytes()).unwrap();
        self.answer()
    }

    pub(crate) fn post(&mut self, path: &str, kind: &str, body: &[u8]) -> usize {
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n",
            self.address,
            body.len()
        );
        let stream = self.stream.get_mut();
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        self.answer()
    }

    fn answer(&mut self) -> usize {
        let mut line = String::new();
        self.stream.read_line(&mut line).unwrap();
        assert!(line.starts_with("HTTP/1.1 20"), "{line}");
        let (mut length, mut chunked) = (0, false);
        loop {
            line.clear();
            self.stream.read_line(&mut line).unwrap();
            let header = line.trim_end().to_ascii_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some(value) = header.strip_prefix("content-length: ") {
                length = value.parse().unwrap();
            }
            chunked |= header == "transfer-encoding: chunked";
        }
        if !chunked {
            self.skip(length);
            return length;
        }
        let mut bytes = 0;
        loop {
            line.clear();
            self.stream.read_line(&mut line).unwrap();
            let chunk = usize::from_str_radix(line.trim_end(), 16).unwrap();
            self.skip(chunk + 2);
            bytes += chunk;
            if chunk == 0 {
                return bytes;
            }
        }
    }

    fn skip(&mut self, bytes: usize) {
        let mut body = vec![0; bytes];
        self.stream.read_exact(&mut body).unwrap();
    }
}
