// Serves Google's own fake of Pub/Sub on a port of the loopback, until it is told to stop.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"

	"cloud.google.com/go/pubsub/v2/pstest"
)

func main() {
	port := flag.Int("port", 0, "port to listen on; 0 takes a free one")
	flag.Parse()
	server := pstest.NewServerWithPort(*port)
	defer func() {
		if err := server.Close(); err != nil {
			log.Print(err)
		}
	}()
	fmt.Println(server.Addr)
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt, syscall.SIGTERM)
	<-stop
}
