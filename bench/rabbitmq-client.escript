#!/usr/bin/env escript
%% The broker's own client by itself: reads "PORT USER PASSWORD COUNT WINDOW BYTES QUEUE..." from stdin, publishes so many persistent
%% messages with confirms, consumes them with acknowledgements, and prints messages a second. The password stands in no argument.
-include_lib("amqp_client/include/amqp_client.hrl").

main([]) ->
    %% Connections that end with this program are no errors.
    logger:set_primary_config(level, none),
    [Port, User, Password, Count, Window, Bytes | Queues] = string:lexemes(io:get_line(""), " \n"),
    Params = #amqp_params_network{host = "127.0.0.1", port = list_to_integer(Port),
                                  username = list_to_binary(User), password = list_to_binary(Password),
                                  socket_options = [{nodelay, true}]},
    Names = [list_to_binary(Queue) || Queue <- Queues],
    Total = list_to_integer(Count),
    Main = self(),
    spawn_link(fun() -> consume(Params, Names, list_to_integer(Window), Total, Main) end),
    receive ready -> ok end,
    {ok, Connection} = amqp_connection:start(Params),
    {ok, Channel} = amqp_connection:open_channel(Connection),
    #'confirm.select_ok'{} = amqp_channel:call(Channel, #'confirm.select'{}),
    amqp_channel:register_confirm_handler(Channel, self()),
    Body = binary:copy(<<"x">>, list_to_integer(Bytes)),
    Began = erlang:monotonic_time(microsecond),
    publish(Channel, list_to_tuple(Names), Body, {1, Total}, {[], list_to_integer(Window)}),
    receive consumed -> ok end,
    Took = erlang:monotonic_time(microsecond) - Began,
    io:format("~b~n", [round(Total * 1000000 / Took)]).

publish(_, _, _, {Next, Total}, {[], _}) when Next > Total -> ok;
publish(Channel, Names, Body, {Next, Total}, {Open, Window}) when Next =< Total, length(Open) < Window ->
    Queue = element(Next rem tuple_size(Names) + 1, Names),
    ok = amqp_channel:cast(Channel, #'basic.publish'{routing_key = Queue, mandatory = true},
                           #amqp_msg{props = #'P_basic'{delivery_mode = 2}, payload = Body}),
    publish(Channel, Names, Body, {Next + 1, Total}, {[Next | Open], Window});
publish(Channel, Names, Body, Next, {Open, Window}) ->
    receive
        #'basic.ack'{delivery_tag = Tag, multiple = true} ->
            publish(Channel, Names, Body, Next, {[Each || Each <- Open, Each > Tag], Window});
        #'basic.ack'{delivery_tag = Tag} ->
            publish(Channel, Names, Body, Next, {lists:delete(Tag, Open), Window})
    end.

consume(Params, Names, Window, Total, Main) ->
    {ok, Connection} = amqp_connection:start(Params),
    {ok, Channel} = amqp_connection:open_channel(Connection),
    #'basic.qos_ok'{} = amqp_channel:call(Channel, #'basic.qos'{prefetch_count = Window}),
    [amqp_channel:subscribe(Channel, #'basic.consume'{queue = Name}, self()) || Name <- Names],
    Main ! ready,
    take(Channel, Total),
    Main ! consumed.

take(_, 0) -> ok;
take(Channel, Left) ->
    receive
        #'basic.consume_ok'{} -> take(Channel, Left);
        {#'basic.deliver'{delivery_tag = Tag}, _} ->
            amqp_channel:cast(Channel, #'basic.ack'{delivery_tag = Tag}),
            take(Channel, Left - 1)
    end.
