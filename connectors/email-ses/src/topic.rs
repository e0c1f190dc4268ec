//! Topics: which are ours, and on which host of SNS they are.

use trunkline_sdk::prelude::*;

const TOPIC_ARN: &str = "topic_arn";
/// The regions whose hosts the manifest names.
pub const REGIONS: [&str; 31] = [
    "af-south-1",
    "ap-east-1",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ca-central-1",
    "ca-west-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-gov-west-1",
    "us-west-1",
    "us-west-2",
];

/// The topics that are allowed. A genuine signature alone says that somebody has a topic: everybody can have one.
pub struct Topics<'a>(Vec<&'a str>);

/// A topic of ours.
pub struct Topic {
    /// `arn:aws:sns:eu-west-1:111122223333:in-mail`
    pub arn: String,
    /// `https://sns.eu-west-1.amazonaws.com/`
    pub origin: String,
}

impl<'a> Topics<'a> {
    /// Refuses with 503 where none is configured.
    pub fn of(context: &'a Context) -> Result<Self, Refusal> {
        let topics: Vec<&str> = context.setting_values(TOPIC_ARN).map(str::trim).collect();
        if topics.is_empty() {
            return Err(signature::misconfigured(
                "`topic_arn` is empty: which topics are ours has to be said",
            ));
        }
        Ok(Self(topics))
    }

    /// The topic that a message says it comes from, where it is one of ours.
    pub fn find(&self, arn: &str) -> Result<Topic, Refusal> {
        if !self.0.contains(&arn) {
            let detail = format!("the topic is none of the {} in `topic_arn`", self.0.len());
            return Err(Refusal::new(RefusalReason::WrongAccount, 403, detail));
        }
        let mut words = arn.split(':');
        let region = (words.next() == Some("arn")).then(|| words.nth(2)).flatten().unwrap_or_default();
        if !REGIONS.contains(&region) {
            return Err(signature::misconfigured(
                "`topic_arn` has no region that the connector knows a host of",
            ));
        }
        Ok(Topic { arn: arn.to_owned(), origin: format!("https://sns.{region}.amazonaws.com/") })
    }
}

impl Topic {
    /// The name of the region.
    pub fn region(&self) -> &str {
        self.arn.split(':').nth(3).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_region_has_its_host_in_the_manifest() {
        let manifest = include_str!("../connector.toml");
        let hosts =
            manifest.split("hosts = [").nth(1).and_then(|rest| rest.split(']').next()).expect("hosts");
        let found: Vec<&str> = hosts.split('"').skip(1).step_by(2).collect();
        let expected: Vec<String> =
            REGIONS.iter().map(|region| format!("sns.{region}.amazonaws.com")).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_topic_is_ours_by_its_whole_name() {
        let ours = "arn:aws:sns:eu-west-1:111122223333:in-mail";
        let odd = ["arn:aws:sns:xx-west-9:1:a", "eu-west-1", "arn:aws:sns", "x:aws:sns:eu-west-1:1:a"];
        let settings = odd.iter().chain([&ours]).map(|arn| (TOPIC_ARN.to_owned(), (*arn).to_owned()));
        let context = Context { settings: settings.collect(), ..Context::default() };
        let topics = Topics::of(&context).unwrap_or_else(|refusal| panic!("{refusal:?}"));
        let topic = topics.find(ours).unwrap_or_else(|refusal| panic!("{refusal:?}"));
        assert_eq!((&*topic.origin, topic.region()), ("https://sns.eu-west-1.amazonaws.com/", "eu-west-1"));
        let reason = |arn: &str| topics.find(arn).err().map(|refusal| refusal.reason);
        for other in ["", "arn:aws:sns:eu-west-1:111122223333:in-mail2", "arn:aws:sns:eu-west-1:999:in-mail"]
        {
            assert_eq!(reason(other), Some(RefusalReason::WrongAccount), "{other}");
        }
        for odd in odd {
            assert_eq!(reason(odd), Some(RefusalReason::Misconfigured), "{odd}");
        }
    }
}
