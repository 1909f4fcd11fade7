#include <doctest/doctest.h>

#include <string>

#include "tests/wire/collections.hpp"

using namespace tidemark::test;

namespace {

void add_sicily(Connection& client) {
  CHECK(client.run({"GEOADD", "Sicily", "13.361389", "38.115556", "Palermo", "15.087269",
                    "37.502669", "Catania"}) == "2");
}

}  // namespace

TEST_CASE("places are added, moved and read") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    add_sicily(client);
    CHECK(client.run({"TYPE", "Sicily"}) == "zset");
    CHECK(client.run({"ZSCORE", "Sicily", "Palermo"}) == "\"3479099956230698\"");
    CHECK(client.run({"GEOPOS", "Sicily", "Palermo", "Rome"}) ==
          "[[\"13.36138933897018433\", \"38.11555639549629859\"], (nil)]");
    CHECK(client.run({"GEOHASH", "Sicily", "Palermo", "Catania", "Rome"}) ==
          "[\"sqc8b49rny0\", \"sqdtr74hyu0\", (nil)]");
    CHECK(client.run({"GEODIST", "Sicily", "Palermo", "Catania"}) == "\"166274.1516\"");
    CHECK(client.run({"GEODIST", "Sicily", "Palermo", "Catania", "MI"}) == "\"103.3182\"");
    CHECK(client.run({"GEODIST", "Sicily", "Palermo", "Rome"}) == "(nil)");
    CHECK(client.run({"GEODIST", "none", "a", "b"}) == "(nil)");
    CHECK(client.run({"GEOPOS", "none", "a"}) == "[(nil)]");
    CHECK(client.run({"GEOADD", "Sicily", "NX", "CH", "1", "1", "Palermo"}) == "0");
    CHECK(client.run({"GEOADD", "Sicily", "XX", "CH", "1", "1", "Palermo", "1", "1", "x"}) == "1");
    CHECK(client.run({"ZCARD", "Sicily"}) == "2");
  });
}

TEST_CASE("places that are none are refused, and nothing of the call is done") {
  TestServer server;
  Connection client(server.port());
  CHECK(client.run({"GEOADD", "k", "1", "1", "a", "200", "100", "b"}) ==
        "!ERR invalid longitude,latitude pair 200.000000,100.000000");
  CHECK(client.run({"GEOADD", "k", "x", "1", "a"}) == "!ERR value is not a valid float");
  CHECK(client.run({"GEOADD", "k", "1", "1", "a", "2"}) == "!ERR syntax error");
  CHECK(client.run({"GEOADD", "k", "NX", "XX", "1", "1", "a"}) == "!ERR syntax error");
  CHECK(client.run({"EXISTS", "k"}) == "0");
  CHECK(client.run({"GEODIST", "k", "a", "b", "furlong"}) ==
        "!ERR unsupported unit provided. please use M, KM, FT, MI");
  client.run({"SET", "text", "v"});
  CHECK(client.run({"GEOPOS", "text", "a"}) ==
        "!WRONGTYPE Operation against a key holding the wrong kind of value");
}

TEST_CASE("places around others are found in circles and in rectangles") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    add_sicily(client);
    client.run(
        {"GEOADD", "Sicily", "12.758489", "38.788135", "edge1", "17.241510", "38.788135", "edge2"});
    CHECK(client.run({"GEORADIUS", "Sicily", "15", "37", "200", "km", "ASC"}) ==
          "[\"Catania\", \"Palermo\"]");
    CHECK(client.run({"GEORADIUS_RO", "Sicily", "15", "37", "200", "km", "WITHDIST", "WITHHASH",
                      "WITHCOORD", "COUNT", "1"}) ==
          "[[\"Catania\", \"56.4413\", 3479447370796909, [\"15.08726745843887329\", "
          "\"37.50266842333162032\"]]]");
    CHECK(client.run({"GEORADIUSBYMEMBER", "Sicily", "Palermo", "200", "km", "DESC"}) ==
          "[\"Catania\", \"edge1\", \"Palermo\"]");
    CHECK(client.run({"GEOSEARCH", "Sicily", "FROMLONLAT", "15", "37", "BYBOX", "400", "400", "km",
                      "ASC"}) == "[\"Catania\", \"Palermo\", \"edge2\", \"edge1\"]");
    CHECK(client.run({"GEOSEARCH", "Sicily", "FROMMEMBER", "Catania", "BYRADIUS", "10", "km"}) ==
          "[\"Catania\"]");
    CHECK(elements_of(client.run({"GEOSEARCH", "Sicily", "FROMLONLAT", "15", "37", "BYBOX", "400",
                                  "400", "km", "COUNT", "2", "ANY"}))
              .size() == 2);
    CHECK(client.run({"GEORADIUS", "none", "15", "37", "200", "km"}) == "[]");
  });
}

TEST_CASE("what a search finds is stored, with scores or with distances, in a key of any core") {
  on_one_core_and_four([](Connection& client, TestServer&) {
    add_sicily(client);
    CHECK(client.run({"GEORADIUS", "Sicily", "15", "37", "200", "km", "STORE", "places"}) == "2");
    CHECK(client.run({"ZRANGE", "places", "0", "-1", "WITHSCORES"}) ==
          "[\"Palermo\", \"3479099956230698\", \"Catania\", \"3479447370796909\"]");
    CHECK(client.run({"GEORADIUSBYMEMBER", "Sicily", "Catania", "200", "km", "STOREDIST",
                      "far away"}) == "2");
    CHECK(client.run({"ZRANGE", "far away", "0", "0", "WITHSCORES"}) == "[\"Catania\", \"0\"]");
    CHECK(client.run({"GEOSEARCHSTORE", "found", "Sicily", "FROMLONLAT", "15", "37", "BYBOX", "400",
                      "400", "km", "STOREDIST"}) == "2");
    CHECK(client.run({"ZRANGE", "found", "0", "-1", "WITHSCORES"}) ==
          "[\"Catania\", \"56.441257870158204\", \"Palermo\", \"190.44242984775784\"]");
    // The last one counts, and a key may have the name of an option.
    for (const char* name : {"storedist", "store", "a", "b", "c"}) {
      CHECK(client.run({"GEORADIUS", "Sicily", "15", "37", "200", "km", "STORE", "storedist",
                        "STOREDIST", name}) == "2");
      CHECK(client.run({"ZRANGE", name, "0", "0"}) == "[\"Catania\"]");
    }
    CHECK(client.run({"GEORADIUS", "none", "15", "37", "200", "km", "STORE", "found"}) == "0");
    CHECK(client.run({"EXISTS", "found"}) == "0");
  });
}

TEST_CASE("a search that makes no sense is refused in Redis's words") {
  TestServer server;
  Connection client(server.port());
  add_sicily(client);
  CHECK(client.run({"GEORADIUSBYMEMBER", "Sicily", "Rome", "1", "km"}) ==
        "!ERR could not decode requested zset member");
  CHECK(client.run({"GEORADIUS", "Sicily", "15", "37", "-1", "km"}) ==
        "!ERR radius cannot be negative");
  CHECK(client.run({"GEORADIUS", "Sicily", "15", "37", "1", "km", "COUNT", "0"}) ==
        "!ERR COUNT must be > 0");
  CHECK(client.run({"GEORADIUS", "Sicily", "15", "37", "1", "km", "ANY"}) ==
        "!ERR the ANY argument requires COUNT argument");
  CHECK(client.run({"GEORADIUS", "Sicily", "15", "37", "1", "km", "STORE", "d", "WITHDIST"}) ==
        "!ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD "
        "options");
  CHECK(client.run({"GEORADIUS_RO", "Sicily", "15", "37", "1", "km", "STORE", "d"}) ==
        "!ERR syntax error");
  CHECK(client.run({"GEOSEARCH", "Sicily", "BYRADIUS", "1", "km", "COUNT", "1", "ASC"}) ==
        "!ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for GEOSEARCH");
  CHECK(client.run({"GEOSEARCH", "Sicily", "FROMLONLAT", "1", "1", "COUNT", "1", "ASC"}) ==
        "!ERR exactly one of BYRADIUS and BYBOX can be specified for GEOSEARCH");
  CHECK(client.run({"GEOSEARCHSTORE", "d", "Sicily", "FROMLONLAT", "1", "1", "BYBOX", "1", "1",
                    "km", "WITHDIST"}) ==
        "!ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options");
}

TEST_CASE("places look over RESP3 as they do in Redis") {
  TestServer server;
  CHECK(over_resp3(server, {"GEOADD k 0 0 a", "GEOPOS k a b", "GEODIST k a a", "GEODIST k a b",
                            "GEOHASH k a b"}) ==
        ":1\r\n*2\r\n*2\r\n,0.00000268220901489\r\n,0.00000126736058093\r\n_\r\n$6\r\n0.0000\r\n"
        "_\r\n*2\r\n$11\r\ns0000000000\r\n_\r\n");
}
