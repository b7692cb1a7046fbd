// SPDX-License-Identifier: BSL-1.0
// Commands are read by one loop and a mail's text by another, over the same stream of lines: a loop that is
// left pauses the stream, and the next one goes on with the next line.
#include "session.hpp"

#include <new>
#include <system_error>

#include <weft/deadline.hpp>
#include <weft/errors.hpp>

#include "dialogue.hpp"
#include "lines.hpp"
#include "message.hpp"

namespace {

using what_follows = dialogue::what_follows;

class session {
 public:
    session(connection& client, service& shared)
        : client_(client),
          shared_(shared),
          talk_(shared, client.peer()),
          lines_(lines_from(client, shared.wanted.timeout)) {}
    ~session() {
        if (brought_the_last_mail_) shared_.over = true;
    }

    void run() {
        say(talk_.greeting());
        while (take_commands() == what_follows::text)
            if (!take_text()) break;
        client_.flush();
    }

 private:
    what_follows take_commands() {
        for (const line& l : lines_) {
            say(talk_.reply_to(l));
            if (talk_.next() != what_follows::commands) return talk_.next();
        }
        return what_follows::nothing;  // it has hung up
    }

    /// False: the client has hung up in the middle of it, or nobody knows where it ends.
    bool take_text() {
        const weft::deadline whole(shared_.wanted.data_timeout);
        message mail(shared_, talk_.heading());
        for (const line& l : lines_) {
            if (l.text != ".") {
                mail.add(l);
            } else if (l.bare) {
                say("554 5.6.0 CR or LF stand alone around the dot; only CR LF . CR LF ends a mail");
                return false;
            } else {
                conclude(mail);
                return true;
            }
        }
        return false;
    }

    void conclude(message& mail) {
        const bool had_enough = shared_.has_enough();
        say(mail.conclude(talk_.mail()));
        talk_.end_of_text();
        if (shared_.has_enough() && !had_enough) brought_the_last_mail_ = true;
    }

    void say(const std::string& reply) { client_.write(reply + "\r\n"); }

    connection& client_;
    service& shared_;
    dialogue talk_;
    weft::generator<line> lines_;
    bool brought_the_last_mail_ = false;
};

}  // namespace

void serve(connection client, service& shared) {
    try {
        session(client, shared).run();
    } catch (const connection_lost&) {
    } catch (const weft::timed_out&) {
        client.last_words("421 4.4.2 it took too long\r\n");
    } catch (const weft::cancelled&) {
        client.last_words("421 4.3.2 the server is going down\r\n");
    } catch (const std::system_error& error) {
        client.last_words("421 4.3.0 " + error.code().message() + "\r\n");
    } catch (const std::bad_alloc&) {
        client.last_words("421 4.3.0 out of memory\r\n");
    }
    --shared.connections;
}
