#pragma once

#include "protocol/reply.hpp"
#include "server/pubsub/topic.hpp"
#include "storage/base/bytes.hpp"

namespace tidemark::server {

class Context;
class OnCore;

// PUBLISH: gives the message to the subscribers of this core and sends it to those cores that may
// have others; the reply, when all have it, is how many they were. A client's next command waits
// for that, so that its messages arrive in their order everywhere, and whoever sees the effect of
// what it did later has the message before.
//
// Where nothing may wait, as in a script that has not stopped all cores, the others are not waited
// for, and not counted.
protocol::Reply publish(Context& ctx, Topic topic, Bytes channel, Bytes message);

// The same for what the server itself has to say: nobody waits.
void announce(const OnCore& here, Bytes channel, Bytes message);

// Whether anybody may want to know: to spare the trouble of making the message.
bool may_be_wanted(const OnCore& here, Bytes channel);

}  // namespace tidemark::server
