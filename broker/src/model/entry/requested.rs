//! The entry of a request that carried an id, with its bytes: what it was answered, for whoever asks again.
//!
//! ```text
//! id high, id low, fingerprint, time, 1, version, topic record
//!                                     2, version, subscription record, name of its topic
//! ```

use super::bytes::{DecodeError, Reader, Writer};
use super::record::{SubscriptionRecord, TopicRecord};
use super::record_codec::{
    read_subscription_record, read_topic_record, write_subscription_record, write_topic_record,
};
use crate::model::{Name, RequestId, Time};

/// A request was done that its caller had named by an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requested {
    /// The id.
    pub id: RequestId,
    /// A hash of the method and all else that was asked: another request has another one.
    pub fingerprint: u64,
    /// When it was done.
    pub time: Time,
    /// What it was answered.
    pub answer: FirstAnswer,
}

/// What a request was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FirstAnswer {
    /// This topic was created.
    Topic(TopicRecord),
    /// This subscription was created, on the topic of this name.
    Subscription(SubscriptionRecord, Name),
}

impl Requested {
    /// Writes the fields; gives the kind.
    pub(super) fn write(&self, out: &mut Writer) -> u8 {
        let [high, low] = self.id.halves();
        out.number(high).number(low);
        out.number(self.fingerprint).number(self.time.0);
        let mut record = Writer::default();
        match &self.answer {
            FirstAnswer::Topic(topic) => {
                let version = write_topic_record(&mut record, topic);
                out.number(1).number(version.into());
            }
            FirstAnswer::Subscription(subscription, topic) => {
                let version = write_subscription_record(&mut record, subscription);
                record.text(topic.as_str());
                out.number(2).number(version.into());
            }
        }
        out.0.append(&mut record.0);
        25
    }

    pub(super) fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (high, low) = (input.number("the request")?, input.number("the request")?);
        let fingerprint = input.number("the request")?;
        let time = Time(input.number("the time")?);
        let answer = input.number("the answer")?;
        let version = match input.number("the version of a record")? {
            1 => 1,
            2 => 2,
            _ => return Err(DecodeError::Invalid("the version of a record")),
        };
        let answer = match answer {
            1 => FirstAnswer::Topic(read_topic_record(input, version)?),
            2 => {
                let record = read_subscription_record(input, version)?;
                let topic = Name::parse(input.text("the topic")?);
                let topic = topic.map_err(|_error| DecodeError::Invalid("the topic"))?;
                FirstAnswer::Subscription(record, topic)
            }
            _ => return Err(DecodeError::Invalid("the answer")),
        };
        Ok(Self {
            id: RequestId::of_halves([high, low]),
            fingerprint,
            time,
            answer,
        })
    }
}
